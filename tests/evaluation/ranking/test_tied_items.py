"""The first items of the order that breaks ties are those of a sort of all keys."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.base.bits import splitmix64
from lrec.evaluation.ranking import tied_items
from lrec.evaluation.ranking.tied_items import first_of_ties
from lrec.evaluation.ranking.top_k_arrays import tie_break_keys_of


@pytest.mark.parametrize("n_items", [1, 40, 3000, 150_000])
def test_they_are_the_first_of_all(n_items: int) -> None:
    users = np.array([5, -1, 2**31 - 1, 0, 7], np.int64)
    wide = np.array([0, 1, 30, n_items, 2])
    assert_first(users, wide, n_items, first_of_ties(users, wide, n_items))


def test_few_more_are_looked_at_than_needed() -> None:
    row, _ = first_of_ties(np.arange(100), np.full(100, 25), 50_000)
    assert np.bincount(row).mean() < 25 + 6 * 5 + 25


def test_a_user_whose_keys_are_below_the_bound_gets_all_items(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        tied_items, "tie_break_keys_of", lambda *some: tie_break_keys_of(*some) >> 9
    )
    users, wide = np.arange(20), np.full(20, 10)
    row, item = first_of_ties(users, wide, 5000)
    assert len(row) == 20 * 5000
    top = item.reshape(20, 5000)
    expected = tie_break_keys_of(users, splitmix64(np.arange(5000, dtype=np.uint64))) >> 9
    ordered = np.take_along_axis(expected, top, axis=1)
    assert (np.diff(ordered, axis=1) <= 0).all()


def assert_first(users: np.ndarray, wide: np.ndarray, n_items: int, found: tuple) -> None:
    row, item = found
    assert (np.diff(row) >= 0).all()
    keys = tie_break_keys_of(users, splitmix64(np.arange(n_items, dtype=np.uint64)))
    for user in range(len(users)):
        own = item[row == user]
        best = np.argsort(-keys[user], kind="stable")
        assert len(own) >= min(wide[user], n_items)
        assert np.array_equal(own, best[: len(own)])
