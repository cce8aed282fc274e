"""Weighted probabilities of one member, added to those of the others, of a batch of users.

Each kind of scores in as little time as ranking by it takes: dense ones in one pass while they are
in the cache, sparse ones without the items that a history does not reach, common ones once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, Sparse
from lrec.data.histories import Histories
from lrec.model import Model
from lrec.model.blend.probabilities import FLOOR, HIGHEST, POWER, RANK, ScoreScale

Members = Sequence[tuple[Model, ScoreScale]]
SCORES_A_THREAD = 2**18  # that stay in its cache while they are mixed
TABLE = 2**23  # marks of pairs at once


def mixed(members: Members, weights: Floats, histories: Histories) -> Floats:
    """The mixture's probabilities, `(n, n_items)` float32.

    Args:
        weights: `(n, n_members)`.
    """
    n_items = members[0][0].catalogue.n_items
    inside = histories.within(n_items)
    # ranks are of all items
    dense = [scale.shape == RANK or not is_quick(member) for member, scale in members]
    total: Floats | None = None
    for index in np.flatnonzero(dense).tolist():
        member, scale = members[index]
        total = add_dense(total, member.score(histories), scale, weights[:, index], inside)
    if total is None:
        total = np.zeros((len(histories), n_items), np.float32)
    for index in np.flatnonzero(~np.array(dense)).tolist():
        member, scale = members[index]
        common = member.common_scores()
        if common is not None:
            add_common(total, common, scale, weights[:, index], inside)
        else:
            scores = member.sparse_scores(histories)
            add_sparse(total, scores, scale, weights[:, index], inside)
    return total


def mixed_sparsely(members: Members, weights: Floats, histories: Histories) -> Sparse:
    """The same of sparse members, less a constant of each row: items without an entry have 0."""
    inside = histories.within(members[0][0].catalogue.n_items)
    parts = [
        sparse_parts(member.sparse_scores(histories), scale, own, inside)
        for (member, scale), own in zip(members, weights.T, strict=True)
    ]
    return sum(parts[1:], parts[0])


def is_quick(member: Model) -> bool:
    """True for a member whose scores need not be looked at one by one."""
    return member.scores_sparsely or member.common_scores() is not None


def add_dense(
    total: Floats | None, scores: Floats, scale: ScoreScale, weights: Floats, history: Histories
) -> Floats:
    """Add weights times probabilities.

    Args:
        total: `(n, n_items)` float32, which grows; None for the first member.
        scores: `(n, n_items)` float32, which may be read only; if not, they are changed.
        weights: `(n,)`.
        history: items of the catalogue alone.

    Returns:
        The total, which of the first member takes the place of its scores.
    """
    in_place = scores.flags.writeable
    grown = total if total is not None else scores if in_place else np.empty_like(scores)

    def add(rows: slice) -> None:
        own = history.between(rows.start, rows.stop)
        some = scores[rows] if in_place else scores[rows].copy()
        sums = scale.odds(some, own.row, own.item)
        share = (weights[rows] / sums)[:, None]
        if total is None:
            np.multiply(some, share, out=grown[rows])
        else:
            some *= share
            grown[rows] += some

    _in_parts(add, *scores.shape)
    return grown


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
    pairs = distinct(history, n_items)
    own = among(pairs, row, scores.indices, scores.shape)
    entries = scores.data.astype(np.float32)
    counted = entries if scale.shape == POWER else np.where(own, np.float32(0), entries)
    top = np.maximum(by_row(np.maximum, counted, scores.indptr), 0)  # some items have no entry
    if scale.shape == POWER:
        top[top < np.finfo(np.float32).tiny] = 1
        logs = np.log(np.maximum(entries / top[row], 0) + np.float32(FLOOR))
        zero = np.full(n, np.log(np.float32(FLOOR)))
    else:
        logs, zero = entries - top[row], -top
    sharp = np.float32(scale.factor)
    odds: Floats = np.exp(np.minimum(logs * sharp, HIGHEST))
    at_zero: Floats = np.exp(zero * sharp)
    others = ~own
    reached = by_row(np.add, np.where(others, odds, 0).astype(float), scores.indptr)
    n_reached = by_row(np.add, others.astype(float), scores.indptr)
    sums = reached + (n_items - np.bincount(pairs[0], minlength=n) - n_reached) * at_zero
    return odds, at_zero, np.where(sums > 0, sums, 1)


def by_row(reduce: np.ufunc, values: Floats, indptr: Ints) -> Floats:
    """The values of each sparse row reduced to one, `(n,)`; 0 where there are none."""
    filled = np.diff(indptr) > 0
    reduced = np.zeros(len(filled), values.dtype)
    if filled.any():
        reduced[filled] = reduce.reduceat(values, indptr[:-1][filled])
    return reduced


def among(pairs: tuple[Ints, Ints], row: Ints, column: Ints, shape: tuple[int, int]) -> Bools:
    """True for entries of sparse rows that are among pairs of row and column.

    Args:
        row: of each entry, in rising order.
    """
    n, width = shape
    found = np.empty(len(row), bool)
    size = max(1, TABLE // width)
    for start in range(0, n, size):
        marked = np.zeros((size, width), bool)
        first, last = np.searchsorted(pairs[0], [start, start + size])
        marked[pairs[0][first:last] - start, pairs[1][first:last]] = True
        first, last = np.searchsorted(row, [start, start + size])
        found[first:last] = marked[row[first:last] - start, column[first:last]]
    return found


def distinct(history: Histories, n_items: int) -> tuple[Ints, Ints]:
    """Row and item of each pair of a history, once."""
    row, item = np.divmod(np.unique(history.row * n_items + history.item), n_items)
    return row, item
