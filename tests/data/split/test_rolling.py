"""Windows of time, one after the other."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.splits import big, data_sets, examples, interactions, rollings, rows, split_of
from hypothesis import given

from lrec.base.errors import DataError
from lrec.data.interactions import Interactions
from lrec.data.split.rolling import DAY, Rolling


@given(rollings, data_sets)
@examples
def test_a_window_comes_after_all_that_is_learned(splitter: Rolling, data: Interactions) -> None:
    split = split_of(splitter, data)
    latest = split.train.timestamp.max()
    validated, tested = split.validation.target.timestamp, split.test.target.timestamp
    assert (validated > latest).all()
    known = max(latest, *validated.tolist(), -1)
    assert tested.min() > known
    if splitter.length is not None:
        assert tested.max() - tested.min() < splitter.length * DAY
        assert tested.min() - known > splitter.gap * DAY - 1e-6


def daily(days: int) -> Interactions:
    """One interaction a day."""
    return interactions([(day % 5, day % 9, day * DAY) for day in range(days)])


def days_of(split: Any) -> list[list[int]]:
    """The days of training, validation and test; a row of `daily` is its day."""
    parts = (split.train, split.validation.target, split.test.target)
    return [sorted(rows(part)) for part in parts]


@pytest.mark.parametrize(
    ("options", "train", "validation", "test"),
    [
        ({"window": 2}, (0, 80), (80, 90), (90, 100)),
        ({"window": 0}, (0, 60), (60, 70), (70, 80)),
        ({"window": 1, "gap": 3}, (0, 67), (67, 77), (80, 90)),
        ({"window": 1, "validation": 5, "span": 20}, (55, 75), (75, 80), (80, 90)),
        ({"window": 2, "validation": 0}, (0, 90), (90, 90), (90, 100)),
    ],
)
def test_days_of_each_window(
    options: dict[str, Any],
    train: tuple[int, int],
    validation: tuple[int, int],
    test: tuple[int, int],
) -> None:
    split = Rolling(windows=3, length=10, **options)(daily(100))
    assert days_of(split) == [list(range(*part)) for part in (train, validation, test)]
    outside = 100 - sum(end - start for start, end in (train, validation, test))
    assert split.counts["interactions_excluded"] == outside


def test_windows_follow_each_other_without_a_stated_length() -> None:
    tested = [days_of(Rolling(windows=4, window=window)(daily(101)))[2] for window in range(4)]
    assert [day for days in tested for day in days] == list(range(81, 101))


def test_users_who_arrive_between_windows_are_cold_at_first_and_known_later() -> None:
    late = [(7, day % 9, day * DAY + 60) for day in range(75, 100)]
    data = interactions([(day % 5, day % 9, day * DAY) for day in range(100)] + late)
    lengths = {}
    for window in (0, 1, 2):
        split = Rolling(windows=3, window=window, length=10)(data)
        row = split.test.user.tolist().index(5)  # the sixth user
        lengths[window] = int(split.test.train_history.lengths[row])
    assert lengths[0] == lengths[1] == 0
    assert lengths[2] > 0


@pytest.mark.parametrize(
    ("splitter", "data", "words"),
    [
        (Rolling(windows=9, length=10), daily(60), "no training interactions for window 0 of 9"),
        (Rolling(windows=2, length=30), daily(60), "60 interactions in 59 days"),
        (
            Rolling(windows=2, length=5),
            interactions([(0, i % 9, i * DAY) for i in (*range(40), 60)]),
            "no test interactions for window 0 of 2: it begins 10 days before",
        ),
        (Rolling(), big(clock=False), "clock: false"),
    ],
)
def test_a_window_without_data_is_refused(
    splitter: Rolling, data: Interactions, words: str
) -> None:
    with pytest.raises(DataError) as error:
        splitter(data)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "options",
    [
        {"window": 4},
        {"window": -1},
        {"windows": 0},
        {"length": 0},
        {"span": 0},
        {"gap": -1},
        {"validation": -0.5},
    ],
)
def test_windows_that_are_none_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: .*\d$"):
        Rolling(**options)
