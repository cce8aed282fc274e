"""Queries whose histories are revealed in part, and the histories that users are bucketed by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lrec.base.errors import DataError
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import ALWAYS
from lrec.data.queries import Queries, Split, without_later_items


def test_items_that_are_not_revealed_stay_masked() -> None:
    history = Histories.of([[1, 2, 3, 4], [5]])
    queries = Queries(history, history, Histories.of([[9], [8]]))
    revealed = queries.revealing(2)
    assert revealed.history.item.tolist() == [3, 4, 5]
    assert revealed.masked.item.tolist() == [1, 2, 3, 4, 5]
    assert revealed.revealing(0).history.item.tolist() == []
    assert revealed.revealing(0).masked.item.tolist() == [1, 2, 3, 4, 5]
    assert revealed.take(np.array([1])).masked.item.tolist() == [5]
    assert queries.masked is history


def test_users_are_bucketed_by_training_history_or_fold_in_part() -> None:
    """Of six users, 3 and 1 are held out whole; 0 and 5 have no history, or are in no query."""
    counts = np.ones(9, int)
    split = Split(
        train=users([2, 4], [[1, 2], [3]]),
        validation=Queries(users([3], [[4]]), users([3], [[4]]), users([3], [[0]])),
        test=Queries(
            users([0, 1, 4], [[], [5, 6], [3, 7]]),
            users([0, 1, 4], [[], [5, 6], [3]]),
            users([0, 1, 4], [[8], [8], [8]]),
        ),
        catalogue=Catalogue(np.array(list("abcdefghi")), counts, counts, 2),
        user_ids=np.array(list("uvwxyz")),
        counts={},
    )
    histories = split.train_history_of_all()
    assert histories.user.tolist() == [0, 1, 2, 3, 4, 5]
    assert histories.lengths.tolist() == [0, 2, 2, 1, 1, 0]
    assert histories.item.tolist() == [5, 6, 1, 2, 4, 3]


def users(codes: list[int], items: list[list[int]]) -> Histories:
    return replace(Histories.of(items), user=np.array(codes, np.int32))


def test_items_are_masked_until_they_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    history = Histories.of([[0], [1, 2], []])
    target = replace(
        Histories.of([[3], [4, 0], [1]]), timestamp=np.array([10, 20, 5, 30], np.int64)
    )
    queries = Queries(history, history, target)
    released = np.array([ALWAYS, 10, 11, 20, 21, 31])
    masked = without_later_items(queries, released).masked
    rows = np.split(masked.item, masked.offsets[1:-1])
    assert [sorted(row.tolist()) for row in rows] == [[0, 2, 3, 4, 5], [1, 2, 4, 5], [5]]
    assert without_later_items(queries, released[:1]) is queries
    monkeypatch.setattr("lrec.data.queries.MASKED", 6)
    with pytest.raises(DataError, match=r"7 pairs .* dataset\.released=null"):
        without_later_items(queries, released)
