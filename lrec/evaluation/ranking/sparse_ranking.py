"""Ranking by sparse scores: of a catalogue only what a history reaches is looked at."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, Sparse
from lrec.base.bits import splitmix64
from lrec.evaluation.ranking.top_k_arrays import best_columns, tie_break_keys_of, top_k_arrays

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
    """The lists of `top_k_arrays`, of positive scores alone where they fill one.

    A list lies within its positive scores if k of them are not masked. With n masked items they are
    among the k + n best.

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
    filled = is_personalised & (reached >= k) & (np.maximum(reached, n_masked) <= MOST * n_items)
    own = filled[masked[0]]
    masked_key = np.sort(masked[0][own].astype(np.int64) * n_items + masked[1][own])
    rows = np.flatnonzero(filled)
    rows = rows[np.argsort(reached[rows], kind="stable")]
    start = 0
    while start < len(rows):
        size = max(1, ENTRIES // int(reached[rows[start]]))
        part = rows[start : start + size]
        fits = np.arange(1, len(part) + 1) * reached[part] <= ENTRIES
        part = part[: max(1, int(fits.sum()))]
        start += len(part)
        columns, numbers = _padded(scores, part)
        wide = min(k + int(n_masked[part].max()), columns.shape[1])
        best = _best(columns, numbers, wide, users[part])
        columns = np.take_along_axis(columns, best, axis=1)
        numbers = np.take_along_axis(numbers, best, axis=1)
        free = (numbers > 0) & ~_contains(masked_key, part[:, None] * n_items + columns)
        filled[part] = free.sum(axis=1) >= k
        chosen = np.argsort(~free, axis=1, kind="stable")[:, :k]
        items[part] = np.take_along_axis(columns, chosen, axis=1)
        values[part] = np.take_along_axis(numbers, chosen, axis=1)
    others, size = np.flatnonzero(~filled), max(1, SCORES // n_items)
    for part in (others[i : i + size] for i in range(0, len(others), size)):
        dense = scores[part].toarray()
        dense[~is_personalised[part]] = popularity
        place = np.full(n, -1)
        place[part] = np.arange(len(part))
        own = place[masked[0]] >= 0
        dense[place[masked[0][own]], masked[1][own]] = -np.inf
        items[part], values[part] = top_k_arrays(dense, k, users[part])
    return items, values


def _padded(scores: Sparse, rows: Ints) -> tuple[Ints, Floats]:
    """Columns and values of some rows, `(n, longest)`, -1 behind the end of a row."""
    first, count = scores.indptr[rows], np.diff(scores.indptr)[rows]
    step = np.arange(count.max())
    inside = step < count[:, None]
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
    best[tied] = best_columns(keys, more)
    return best[:, :wide]


def _contains(ordered: Ints, keys: Ints) -> Bools:
    """True for keys that are among `ordered`."""
    if not len(ordered):
        return np.zeros(keys.shape, bool)
    place = np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)
    found: Bools = ordered[place] == keys
    return found


def sampled(scores: Sparse, row: Ints, column: Ints) -> Floats:
    """Single scores, `(n,)`: 0 where there is none."""
    if not len(row):
        return np.empty(0, np.float32)
    values: Floats = np.asarray(scores[row, column], np.float32).ravel()
    return values
