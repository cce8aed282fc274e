"""Histories against plain lists."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lrec.data.histories import Histories
from lrec.data.interactions import Interactions

examples = settings(max_examples=50, deadline=None)
row_lists = st.lists(st.lists(st.integers(-1, 9), max_size=6), max_size=6)
# Rows of a file: user, item, time, and True where they are kept.
files = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 4), st.booleans()),
    min_size=1,
    max_size=40,
)


def plain(histories: Histories) -> list[list[int]]:
    """The items, row by row."""
    bounds = zip(histories.offsets[:-1].tolist(), histories.offsets[1:].tolist(), strict=True)
    return [histories.item[start:stop].tolist() for start, stop in bounds]


def made(rows: list[list[int]]) -> Histories:
    """Histories of users 10, 11, … whose ratings and times are made from the items."""
    histories = Histories.of(rows, [[item + 0.5 for item in row] for row in rows])
    user = np.arange(10, 10 + len(rows), dtype=np.int32)
    return replace(
        histories,
        user=user,
        timestamp=histories.item.astype(np.int64) * 100,
        weight=histories.item.astype(np.float32) * 2,
    )


def assert_whole(histories: Histories) -> None:
    """Ratings, times and weights still belong to their items."""
    assert histories.rating.tolist() == (histories.item + 0.5).tolist()
    assert histories.timestamp.tolist() == (histories.item * 100).tolist()
    assert histories.weight.tolist() == (histories.item * 2).tolist()
    assert len(histories.offsets) == len(histories.user) + 1 == len(histories) + 1


@given(row_lists)
@examples
def test_of_keeps_plain_lists(rows: list[list[int]]) -> None:
    histories = Histories.of(rows)
    assert plain(histories) == rows
    assert histories.user.tolist() == [-1] * len(rows)
    assert histories.rating is histories.timestamp is histories.weight is None
    assert histories.lengths.tolist() == [len(row) for row in rows]
    assert histories.row.tolist() == [index for index, row in enumerate(rows) for _ in row]
    assert_whole(made(rows))


@given(row_lists.filter(bool), st.data())
@examples
def test_take_gives_rows_in_any_order(rows: list[list[int]], data: st.DataObject) -> None:
    indices = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=8))
    taken = made(rows).take(np.array(indices, int))
    assert plain(taken) == [rows[index] for index in indices]
    assert taken.user.tolist() == [10 + index for index in indices]
    assert_whole(taken)


@given(row_lists, st.integers(1, 3))
@examples
def test_keep_drops_entries_and_no_rows(rows: list[list[int]], step: int) -> None:
    histories = made(rows)
    kept = histories.keep(histories.item % (step + 1) == 0)
    assert plain(kept) == [[item for item in row if item % (step + 1) == 0] for row in rows]
    assert kept.user.tolist() == histories.user.tolist()
    assert_whole(kept)


@given(row_lists, st.integers(0, 10))
@examples
def test_within_leaves_the_catalogue(rows: list[list[int]], n_items: int) -> None:
    assert made(rows).inside(n_items).tolist() == [0 <= i < n_items for row in rows for i in row]
    inside = made(rows).within(n_items)
    assert plain(inside) == [[item for item in row if 0 <= item < n_items] for row in rows]
    assert_whole(inside)


def read(rows: list[tuple[int, int, int, bool]], timed: bool, rated: bool) -> Interactions:
    user, item, time, _ = np.array(rows).T
    return Interactions(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        rating=np.arange(len(rows), dtype=np.float32) if rated else None,
        timestamp=time.astype(np.int64) if timed else None,
        user_ids=np.array([f"u{code}" for code in range(6)]),
        item_ids=np.array([f"i{code}" for code in range(10)]),
    )


def by_user(rows: list[tuple[int, int, int, bool]], timed: bool) -> dict[int, list[int]]:
    """Places in the file of what is kept, oldest first, equal times in file order."""
    rows_of: dict[int, list[int]] = {}
    for index, (user, _, _, kept) in enumerate(rows):
        if kept:
            rows_of.setdefault(user, []).append(index)
    key = (lambda index: rows[index][2]) if timed else None
    return {user: sorted(rows_of[user], key=key) for user in sorted(rows_of)}


@given(files, st.booleans(), st.booleans())
@examples
def test_select_groups_and_orders(
    rows: list[tuple[int, int, int, bool]], timed: bool, rated: bool
) -> None:
    keep = np.array([row[3] for row in rows])
    histories = Histories.select(read(rows, timed, rated), keep)
    expected = by_user(rows, timed)
    assert histories.user.tolist() == list(expected)
    assert plain(histories) == [[rows[index][1] for index in own] for own in expected.values()]
    if rated:
        assert histories.rating.tolist() == [index for own in expected.values() for index in own]
    assert (histories.rating is None) == (not rated)
    assert (histories.timestamp is None) == (not timed)


@given(files, st.sets(st.integers(0, 5)))
@examples
def test_select_makes_the_rows_asked_for(
    rows: list[tuple[int, int, int, bool]], users: set[int]
) -> None:
    keep = np.array([row[3] for row in rows])
    chosen = sorted(users)
    histories = Histories.select(read(rows, True, True), keep, np.array(chosen, int))
    expected = by_user(rows, True)
    assert histories.user.tolist() == chosen
    assert plain(histories) == [[rows[p][1] for p in expected.get(user, [])] for user in chosen]


def test_newest_entries_of_histories() -> None:
    histories = Histories.of([[3, 1, 4], [], [1], [5, 0, 2, 6, 1]])
    assert histories.newest(5) is histories
    newest = histories.newest(2)
    assert newest.item.tolist() == [1, 4, 1, 6, 1]
    assert newest.lengths.tolist() == [2, 0, 1, 2]


def test_rows_between_two_are_views_of_those_taken() -> None:
    histories = Histories.of([[3, 1], [], [2, 2, 0], [5]], [[1, 2], [], [3, 4, 5], [0]])
    between, taken = histories.between(1, 3), histories.take(np.arange(1, 3))
    for name in ("user", "offsets", "item", "rating"):
        np.testing.assert_array_equal(getattr(between, name), getattr(taken, name))
    assert np.shares_memory(between.item, histories.item)
    assert len(histories.between(2, 2)) == 0
