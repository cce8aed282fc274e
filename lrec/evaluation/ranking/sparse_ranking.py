"""Ranking by sparse scores: of a catalogue only what a history reaches is looked at."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, Sparse
from lrec.base.bits import splitmix64
from lrec.base.sets import is_in_order
from lrec.evaluation.ranking.tied_items import first_of_ties
from lrec.evaluation.ranking.top_k_arrays import (
    best_columns,
    best_keys,
    tie_break_keys_of,
    top_k_arrays,
)

# Entries of rows of about one length that are ranked at once, for a thread's cache.
ENTRIES = 2**18
# Scores of rows that are ranked whole at once: 32 MB.
SCORES = 2**23
# A row is ranked whole where more than this share of the catalogue is reached, or masked.
MOST = 1 / 8

Lists = tuple[Ints, Floats]
Pairs = tuple[Ints, Ints]  # rows and items


def rank_sparse(
    scores: Sparse,
    masked: Pairs,
    k: int,
    users: Ints,
    is_personalised: Bools,
    popularity: Ints,
) -> Lists:
    """The lists of `top_k_arrays`: positive scores, and items of score 0 if they are few.

    With n masked items, a list's positive scores are among the k + n best.

    Args:
        scores: `(batch, n_items)` float32 sparse rows, each entry once, in any order.
        masked: what may not be recommended.
        k: length of the lists, at most `n_items`.
        users: `(batch,)` int64, who break ties.
        is_personalised: `(batch,)` False for rows that are ranked by popularity.
        popularity: `(n_items,)`.

    Returns:
        Items `(batch, k)` int32, and their scores.
    """
    n, n_items = scores.shape
    items = np.empty((n, k), np.int32)
    values = np.empty((n, k), np.float32)
    reached, n_masked = np.diff(scores.indptr), np.bincount(masked[0], minlength=n)
    whole = ~is_personalised | (reached + n_masked > MOST * n_items) | (n_items < 2 * k)
    own = ~whole[masked[0]]
    masked_key = np.sort(masked[0][own].astype(np.int64) * n_items + masked[1][own])
    rows = np.flatnonzero(~whole)
    rows = rows[np.argsort(reached[rows], kind="stable")]
    n_positive = np.zeros(n, np.int64)
    start = 0
    while start < len(rows):
        size = max(1, ENTRIES // max(k, int(reached[rows[start]])))
        part: Ints = rows[start : start + size]
        fits = np.arange(1, len(part) + 1) * np.maximum(reached[part], k) <= ENTRIES
        part = part[: max(1, int(fits.sum()))]
        start += len(part)
        columns, numbers = _padded(scores, part, k)
        wide = min(k + int(n_masked[part].max()), columns.shape[1])
        best = _best(columns, numbers, wide, users[part])
        columns = np.take_along_axis(columns, best, axis=1)
        numbers = np.take_along_axis(numbers, best, axis=1)
        free = (numbers > 0) & ~is_in_order(part[:, None] * n_items + columns, masked_key)
        n_positive[part] = free.sum(axis=1).clip(max=k)
        chosen = np.argsort(~free, axis=1, kind="stable")[:, :k]
        items[part] = np.take_along_axis(columns, chosen, axis=1)
        values[part] = np.take_along_axis(numbers, chosen, axis=1)

    short = rows[n_positive[rows] < k]
    if len(short):
        _fill(items, values, short, n_positive[short], scores, masked_key, users)
    for part in _split(np.flatnonzero(whole), n_items):
        dense = scores[part].toarray()
        dense[~is_personalised[part]] = popularity
        dense[_own(masked, part, n)] = -np.inf
        items[part], values[part] = top_k_arrays(dense, k, users[part])
    return items, values


def _fill(
    items: Ints,
    values: Floats,
    rows: Ints,
    n_positive: Ints,
    scores: Sparse,
    masked_key: Ints,
    users: Ints,
) -> None:
    """Fill lists up with items of score 0, in place.

    Args:
        items, values: all lists.
        rows: `(n,)`, the lists that are short.
        n_positive: `(n,)`, items that they have.
        masked_key: rows and items that may not be recommended, in one number, sorted.
    """
    k, n_items = items.shape[1], scores.shape[1]
    own = scores[rows].tocoo()
    scored = own.data != 0
    scored_key = np.sort(own.row[scored].astype(np.int64) * n_items + own.col[scored])
    bounds = np.searchsorted(masked_key, np.stack([rows, rows + 1]) * n_items)
    wide = k - n_positive + np.bincount(own.row[scored], minlength=len(rows))
    row, item = first_of_ties(users[rows], wide + bounds[1] - bounds[0], n_items)
    taken = is_in_order(row * n_items + item, scored_key)
    taken |= is_in_order(rows[row] * n_items + item, masked_key)
    row, item = row[~taken], item[~taken]
    place = np.arange(len(row)) - np.searchsorted(row, row) + n_positive[row]
    first = place < k
    items[rows[row[first]], place[first]] = item[first]
    values[rows[row[first]], place[first]] = 0


def _split(rows: Ints, n_items: int) -> list[Ints]:
    """Rows in parts that are few enough for a matrix of their scores."""
    size = max(1, SCORES // n_items)
    return [rows[i : i + size] for i in range(0, len(rows), size)]


def _own(pairs: Pairs, rows: Ints, n: int) -> Pairs:
    """The pairs of some of n rows, whose place among them takes the place of the row."""
    place = np.full(n, -1)
    place[rows] = np.arange(len(rows))
    own = place[pairs[0]] >= 0
    return place[pairs[0][own]], pairs[1][own]


def _padded(scores: Sparse, rows: Ints, least: int) -> tuple[Ints, Floats]:
    """Columns and values of some rows, `(n, longest or least)`, -1 behind the end of a row."""
    first, count = scores.indptr[rows], np.diff(scores.indptr)[rows]
    step = np.arange(max(int(count.max()), least))
    inside = step < count[:, None]
    if not scores.nnz:  # no history reaches an item
        return np.zeros(inside.shape, scores.indices.dtype), np.full(inside.shape, np.float32(-1))
    entry = np.where(inside, first[:, None] + step, 0)
    return scores.indices[entry], np.where(inside, scores.data[entry], np.float32(-1))


def _best(columns: Ints, values: Floats, wide: int, users: Ints) -> Ints:
    """Places of the highest values of each row, best first, ties broken as `top_k_arrays` does."""
    more = min(wide + 1, values.shape[1])
    best = best_columns(values, more)
    ordered = np.take_along_axis(values, best, axis=1)
    tied = np.flatnonzero(((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] > 0)).any(axis=1))
    mixed = splitmix64(columns[tied].astype(np.uint64))
    keys = tie_break_keys_of(users[tied], mixed)
    keys += np.maximum(values[tied], 0).view(np.int32).astype(np.int64) << 32
    best[tied] = best_keys(keys, more, columns[tied])
    return best[:, :wide]


def sampled(scores: Sparse, row: Ints, column: Ints) -> Floats:
    """Single scores, `(n,)`: 0 where there is none."""
    if not len(row):
        return np.empty(0, np.float32)
    values: Floats = np.asarray(scores[row, column], np.float32).ravel()
    return values
