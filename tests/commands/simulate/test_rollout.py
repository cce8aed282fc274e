"""Rollouts: two rounds in plain Python, invariants, and the random control."""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers.simulation import (
    ROUNDS,
    SHOWN,
    START,
    before,
    by_code,
    pairs,
    popular,
    random_items,
    rows_of,
    three_users,
    uniform_draw,
)

from lrec.commands.simulate.environment import (
    Environment,
    GroundTruthEnvironment,
    HeldOutEnvironment,
)
from lrec.commands.simulate.results import summarise_rollouts, tabulate
from lrec.commands.simulate.rollout import random_policy, roll_out
from lrec.data.queries import Queries, Split
from lrec.evaluation.bucket import ALL


@pytest.mark.parametrize("seed", range(5))
def test_two_rounds_of_three_users_in_plain_python(seed: int) -> None:
    split = three_users()
    environment = HeldOutEnvironment(split, start=1, seed=seed)
    rollout = roll_out(environment, by_code, 2)

    users = {2: ([0], {1, 2, 3, 4, 6}), 3: ([3], {1, 2, 0}), 4: ([5], {0, 6})}
    first: dict[int, float] = dict.fromkeys(users, math.nan)
    active: list[list[bool]] = []
    for number in (1, 2):
        for user, (has, wants) in users.items():
            shown = [item for item in range(6) if item not in has][:3]
            for rank, item in enumerate(shown, 1):
                if item in wants and uniform_draw(seed, 0, number, user, item) < 1 / math.log2(
                    rank + 1
                ):
                    has.append(item)
                    if math.isnan(first[user]):
                        first[user] = number
        active.append([len(has) >= 3 for has, _ in users.values()])

    assert rows_of(rollout.history) == [has for has, _ in users.values()]
    assert rollout.history.rating is not None
    assert rollout.history.timestamp is not None
    assert rollout.history.rating.tolist() == rollout.history.item.tolist()
    assert set(rollout.history.timestamp.tolist()) == {100}
    assert environment.limit.tolist() == [5, 4, 2]
    result = summarise_rollouts("x", [rollout], environment, {ALL: np.arange(3)}, active=3)
    assert result.activated.T.tolist() == active
    np.testing.assert_array_equal(result.first, list(first.values()))
    assert result.accepted[:, -1].tolist() == [len(has) - 1 for has, _ in users.values()]

    frame = tabulate([result], environment, {ALL: np.arange(3)}, 3, "x", 100)
    (row,) = frame.records("summary")
    hits = [number for number in first.values() if not math.isnan(number)]
    assert row["first_hit"] == (pytest.approx(sum(hits) / len(hits)) if hits else None)
    assert row["never_hit"] == pytest.approx(1 - len(hits) / 3)
    assert row["activated"] == pytest.approx(sum(active[1]) / 3)
    assert row["attainable"] == pytest.approx(2 / 3)
    assert row["difference"] is None


@pytest.mark.parametrize("kind", [HeldOutEnvironment, GroundTruthEnvironment])
@pytest.mark.parametrize("policy", [popular, random_items])
def test_lists_lack_the_history_and_histories_only_grow(
    generated: Split, kind: type[Environment], policy: object
) -> None:
    assert callable(policy)
    environment = kind(generated, START, 0)
    rollout = roll_out(environment, policy(generated), ROUNDS)
    steps = list(before(environment, rollout))
    for old, new, shown in zip(steps, steps[1:], rollout.shown, strict=False):
        rows = np.repeat(np.arange(len(shown)), shown.shape[1])
        assert not pairs(rows, shown.ravel()) & pairs(old.row, old.item)
        assert all(len(set(row)) == SHOWN for row in shown.tolist())
        for one, two in zip(rows_of(old), rows_of(new), strict=True):
            assert two[: len(one)] == one
    assert rows_of(steps[-1]) == rows_of(rollout.history)
    assert all(len(set(row)) == len(row) for row in rows_of(rollout.history))
    assert rollout.history.rating is not None
    assert len(rollout.history.rating) == len(rollout.history.item)


def test_same_seed_same_result_and_another_seed_another(generated: Split) -> None:
    results = [
        roll_out(GroundTruthEnvironment(generated, START, seed), popular(generated), ROUNDS)
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(results[0].accepted, results[1].accepted)
    assert (results[0].accepted != results[2].accepted).any()


def test_random_control_is_the_same_in_every_run_and_fair(generated: Split) -> None:
    environment = GroundTruthEnvironment(generated, START, 0)
    one, two = (roll_out(environment, random_items(generated), ROUNDS) for _ in range(2))
    np.testing.assert_array_equal(one.shown, two.shown)
    assert (one.shown[0] != one.shown[1]).any()
    counts = np.bincount(one.shown.ravel(), minlength=generated.catalogue.n_items)
    expected = one.shown.size / len(counts)
    assert abs(counts - expected).max() < 6 * expected**0.5


def test_random_control_runs_out_of_items() -> None:
    environment = HeldOutEnvironment(three_users(), 1, 0)
    items = random_policy(6, 6, 0)(
        Queries(environment.start, environment.start, environment.start), 1
    )
    assert [sorted(row) for row in items.tolist()] == [
        [-1, 1, 2, 3, 4, 5],
        [-1, 0, 1, 2, 4, 5],
        [-1, 0, 1, 2, 3, 4],
    ]
    assert set(items[:, -1].tolist()) == {-1}
