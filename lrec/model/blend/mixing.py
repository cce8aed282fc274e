"""Weighted probabilities of one member, added to those of the others, of a batch of users.

Each kind of scores in as little time as ranking by it takes: dense ones in one pass while they are
in the cache, sparse ones without the items that a history does not reach, common ones once.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lrec.base.arrays import Floats, Ints, Sparse
from lrec.data.histories import Histories
from lrec.model.blend.probabilities import FLOOR, HIGHEST, POWER, ScoreScale

SCORES_A_THREAD = 2**18  # that stay in its cache while they are mixed


def add_dense(
    total: Floats, scores: Floats, scale: ScoreScale, weights: Floats, history: Histories
) -> None:
    """Add weights times probabilities.

    Args:
        total: `(n, n_items)` float32, which grows.
        scores: `(n, n_items)` float32, which may be read only; if not, they are changed.
        weights: `(n,)`.
        history: items of the catalogue alone.
    """

    def add(rows: slice) -> None:
        own = history.between(rows.start, rows.stop)
        some = scores[rows] if scores.flags.writeable else scores[rows].copy()
        sums = scale.odds(some, own.row, own.item)
        some *= (weights[rows] / sums)[:, None]
        total[rows] += some

    _in_parts(add, *scores.shape)


def add_common(
    total: Floats, scores: Floats, scale: ScoreScale, weights: Floats, history: Histories
) -> None:
    """The same of scores that are the same for everybody, `(n_items,)`."""
    odds = scores[None].copy()
    nothing = np.empty(0, np.int64)
    everything = scale.odds(odds, nothing, nothing)[0]
    row, item = distinct(history, len(scores))
    own = np.bincount(row, weights=odds[0, item], minlength=len(history))
    sums = np.maximum(everything - own, np.finfo(np.float32).tiny)
    share = (weights / sums).astype(np.float32)[:, None]

    def add(rows: slice) -> None:
        total[rows] += share[rows] * odds

    _in_parts(add, *total.shape)


def _in_parts(add: Callable[[slice], None], n: int, width: int) -> None:
    """Call with a few rows at a time, in threads where there are many."""
    size = max(1, SCORES_A_THREAD // width)
    parts = [slice(start, min(start + size, n)) for start in range(0, n, size)]
    if len(parts) < 2:
        list(map(add, parts))
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(add, parts))


def add_sparse(
    total: Floats, scores: Sparse, scale: ScoreScale, weights: Floats, history: Histories
) -> None:
    """The same of sparse rows, where an item without an entry has a score of 0."""
    data, zero, sums = sparse_odds(scores, scale, history)
    share = (weights / sums).astype(np.float32)
    total += (share * zero)[:, None]
    row = np.repeat(np.arange(len(history)), np.diff(scores.indptr))
    total[row, scores.indices] += share[row] * (data - zero[row])


def sparse_parts(scores: Sparse, scale: ScoreScale, weights: Floats, history: Histories) -> Sparse:
    """Weights times probabilities as sparse rows, less those of items without an entry."""
    from scipy.sparse import csr_array

    odds, zero, sums = sparse_odds(scores, scale, history)
    row = np.repeat(np.arange(len(history)), np.diff(scores.indptr))
    data = ((weights / sums)[row] * (odds - zero[row])).astype(np.float32)
    return csr_array((data, scores.indices, scores.indptr), shape=scores.shape)


def sparse_odds(
    scores: Sparse, scale: ScoreScale, history: Histories
) -> tuple[Floats, Floats, Floats]:
    """Odds of the entries, of the items without one, and their sums, as of `ScoreScale.odds`."""
    n, n_items = scores.shape
    row = np.repeat(np.arange(n), np.diff(scores.indptr))
    own_row, own_item = distinct(history, n_items)
    own = np.isin(row * n_items + scores.indices, own_row * n_items + own_item)
    entries = scores.data.astype(np.float32)
    top = np.zeros(n, np.float32)  # of the items without an entry, of which there always are some
    counted = np.ones(len(row), bool) if scale.shape == POWER else ~own
    np.maximum.at(top, row[counted], entries[counted])
    if scale.shape == POWER:
        top[top < np.finfo(np.float32).tiny] = 1
        logs = np.log(np.maximum(entries / top[row], 0) + np.float32(FLOOR))
        zero = np.full(n, np.log(np.float32(FLOOR)))
    else:
        logs, zero = entries - top[row], -top
    sharp = np.float32(scale.factor)
    odds: Floats = np.exp(np.minimum(logs * sharp, HIGHEST))
    at_zero: Floats = np.exp(zero * sharp)
    reached = np.bincount(row[~own], weights=odds[~own], minlength=n)
    n_reached = np.bincount(row[~own], minlength=n)
    sums = reached + (n_items - np.bincount(own_row, minlength=n) - n_reached) * at_zero
    return odds, at_zero, np.where(sums > 0, sums, 1)


def distinct(history: Histories, n_items: int) -> tuple[Ints, Ints]:
    """Row and item of each pair of a history, once."""
    row, item = np.divmod(np.unique(history.row * n_items + history.item), n_items)
    return row, item
