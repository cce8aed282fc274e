"""Two cuts in time, the same for all users."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.splits import (
    big,
    data_sets,
    examples,
    global_times,
    interactions,
    split_of,
)
from hypothesis import given

from lrec.base.errors import DataError
from lrec.data.interactions import Interactions
from lrec.data.split.global_time import GlobalTime


@given(global_times, data_sets)
@examples
def test_global_time_learns_from_the_past(splitter: GlobalTime, data: Interactions) -> None:
    split = split_of(splitter, data)
    latest = split.train.timestamp.max()
    validated = split.validation.target.timestamp
    assert split.test.target.timestamp.min() > max(latest, *validated.tolist(), -1)
    assert (validated > latest).all()


def test_global_time_cuts_at_the_stated_shares() -> None:
    order = np.random.default_rng(0).permutation(200).tolist()
    split = GlobalTime(validation=0.1, test=0.2)(interactions([(t % 9, t % 7, t) for t in order]))
    assert sorted(split.train.timestamp) == list(range(140))
    assert sorted(split.validation.target.timestamp) == list(range(140, 160))
    assert sorted(split.test.target.timestamp) == list(range(160, 200))


def test_global_time_keeps_users_without_training_history() -> None:
    split = GlobalTime(validation=0.25, test=0.25)(
        interactions([(0, 0, 0), (0, 1, 1), (1, 0, 2), (2, 0, 3)])
    )
    assert split.validation.train_history.lengths.tolist() == [0]
    assert split.test.user.tolist() == [2]
    assert split.test.history.lengths.tolist() == [0]


def test_global_time_needs_a_clock() -> None:
    with pytest.raises(DataError, match=r"clock: false.*Use split=\w+") as error:
        GlobalTime()(big(clock=False))
    assert "\n" not in str(error.value)
