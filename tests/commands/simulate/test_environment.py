"""Environments: random numbers, the first histories, and the items that are never accepted."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.simulation import (
    ROUNDS,
    START,
    pairs,
    popular,
    random_items,
    rows_of,
    uniform_draw,
)

from lrec.commands.simulate.environment import (
    HeldOutEnvironment,
    uniform,
)
from lrec.commands.simulate.rollout import roll_out
from lrec.data.queries import Split


def test_uniform_numbers_are_those_of_a_plain_chain_of_splitmix() -> None:
    users, items = np.array([[0], [3]]), np.array([[5, 0], [2, 7]])
    draws = uniform(11, 0, 4, users, items)
    assert draws.tolist() == [
        [uniform_draw(11, 0, 4, user, item) for item in row]
        for (user,), row in zip(users.tolist(), items.tolist(), strict=True)
    ]
    many = uniform(0, np.arange(100_000))
    assert abs(many.mean() - 0.5) < 0.005
    assert abs(np.corrcoef(many[1:], many[:-1])[0, 1]) < 0.01


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("policy", [popular, random_items])
def test_nothing_outside_the_held_out_items_is_accepted(
    without_truth: Split, policy: object, seed: int
) -> None:
    assert callable(policy)
    environment = HeldOutEnvironment(without_truth, START, seed)
    rollout = roll_out(environment, policy(without_truth), ROUNDS)
    test = without_truth.test
    own = pairs(test.train_history.row, test.train_history.item) | pairs(
        test.target.row, test.target.item
    )
    assert pairs(rollout.history.row, rollout.history.item) <= own
    assert rollout.accepted.any()
    assert (rollout.history.lengths <= environment.limit).all()


def test_users_begin_with_the_earliest_of_the_fold_in_part(without_truth: Split) -> None:
    environment = HeldOutEnvironment(without_truth, START, 0)
    assert rows_of(environment.start) == [
        row[:START] for row in rows_of(without_truth.test.train_history)
    ]
