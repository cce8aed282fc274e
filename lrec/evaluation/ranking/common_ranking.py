"""Ranking by scores that are the same for everybody: only the first items have to be looked at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.base.bits import sortable, splitmix64
from lrec.data.histories import Histories
from lrec.evaluation.ranking.top_k_arrays import EMPTY, best_keys, tie_break_keys_of

# Entries of a batch: 32 MB of int64.
ENTRIES = 2**22


def rank_in_common(scores: Floats, masked: Histories, k: int) -> tuple[Ints, Floats]:
    """The lists that `top_k` gives, in time that does not grow with the catalogue.

    A list of k items without n masked ones lies within the k + n best, and those that tie with the
    last of them.

    Args:
        scores: `(n_items,)` float32, finite.
        masked: items that may not be recommended, one row a query; its users break ties.
        k: length of the lists, at most `n_items`.

    Returns:
        Items `(n, k)` int32, best first, -1 where there are no more; their scores `(n, k)` float32.
    """
    n_items = len(scores)
    order = np.argsort(-scores, kind="stable")
    place = np.empty(n_items, np.int64)
    place[order] = np.arange(n_items)
    descending = scores[order]
    tied_until = np.searchsorted(-descending, -descending, side="right")
    levels = sortable(descending.view(np.int32)).astype(np.int64) << 32
    codes = splitmix64(order.astype(np.uint64))

    masked = masked.within(n_items)
    items = np.full((len(masked), k), -1, np.int32)
    values = np.full((len(masked), k), -np.inf, np.float32)
    widths = tied_until[np.minimum(k + masked.lengths, n_items) - 1]
    for rows, width in _batches(widths):
        keys = levels[:width] + tie_break_keys_of(masked.user[rows], codes[:width])
        own = masked.take(rows)
        column = place[own.item]
        near = column < width
        keys[own.row[near], column[near]] = EMPTY
        best = best_keys(keys, k)
        free = np.take_along_axis(keys, best, axis=1) != EMPTY
        items[rows] = np.where(free, order[best], -1)
        values[rows] = np.where(free, descending[best], -np.inf)
    return items, values


def _batches(widths: Ints) -> Iterator[tuple[Ints, int]]:
    """Rows of similar widths in batches, and the largest width of each."""
    order = np.argsort(widths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, ENTRIES // int(widths[order[start]]))
        rows = order[start : start + size]
        fits = np.arange(1, len(rows) + 1) * widths[rows] <= ENTRIES
        rows = rows[: max(1, int(fits.sum()))]
        yield rows, int(widths[rows[-1]])
        start += len(rows)
