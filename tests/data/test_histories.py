"""Histories as ragged rows."""

from __future__ import annotations

from lrec.data.histories import Histories


def test_newest_entries_of_histories() -> None:
    histories = Histories.of([[3, 1, 4], [], [1], [5, 0, 2, 6, 1]])
    assert histories.newest(5) is histories
    newest = histories.newest(2)
    assert newest.item.tolist() == [1, 4, 1, 6, 1]
    assert newest.lengths.tolist() == [2, 0, 1, 2]
