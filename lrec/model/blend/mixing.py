"""Weighted probabilities of one member, added to those of the others, of a batch of users.

Each kind of scores in as little time as ranking by it takes: dense ones in one pass while they are
in the cache, sparse ones without the items that a history does not reach, common ones once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lrec.base.arrays import Floats, Sparse
from lrec.data.histories import Histories
from lrec.model import Model
from lrec.model.blend.probabilities import RANK, ScoreScale
from lrec.model.blend.sparse_odds import Entries, HistoryPairs, sparse_odds

Members = Sequence[tuple[Model, ScoreScale]]
Adder = Callable[[Floats, slice], None]  # to some rows of a total
SCORES_A_THREAD = 2**19  # that stay in its cache while they are mixed, and are worth the calls
FULL = 1 / 4  # of a matrix, from which its entries cost more one by one than all its scores
MOST = 0.999  # of a sum, the rest of which is found by a subtraction
WIDE = 2**15  # items from which the union of what sparse members reach costs less than all


def mixed(members: Members, weights: Floats, histories: Histories) -> Floats:
    """The mixture's probabilities, `(n, n_items)` float32.

    A member whose catalogue ends before the others', as one that does not score items that nobody
    trained on, gives those behind it nothing.

    Args:
        weights: `(n, n_members)`.
    """
    n_items = max(member.catalogue.n_items for member, _ in members)
    everything = HistoryPairs.of(histories.within(n_items), n_items)
    dense: list[Adder] = []
    quick: list[Adder] = []
    total: Floats | None = None
    for (member, scale), own in zip(members, weights.T, strict=True):
        pairs = everything.within(member.catalogue.n_items)
        adder = quick_adder(member, scale, own, histories, pairs)
        if adder is not None:
            quick.append(adder)
            continue
        scores = member.score(histories)
        if total is None and scores.shape[1] == n_items:  # mixed where they are, before the others
            total = scores if scores.flags.writeable else scores.copy()
            dense.insert(0, dense_adder(total, scale, own, pairs, in_place=True))
        else:
            dense.append(dense_adder(scores, scale, own, pairs))
    mixture = total if total is not None else np.zeros((len(histories), n_items), np.float32)

    def add(rows: slice) -> None:
        for adder in (*dense, *quick):
            adder(mixture[rows], rows)

    _in_parts(add, *mixture.shape)
    return mixture


def mixed_sparsely(members: Members, weights: Floats, histories: Histories) -> Sparse:
    """The same of sparse members of one catalogue, less a constant of each row: items without an
    entry have 0."""
    n_items = members[0][0].catalogue.n_items
    pairs = HistoryPairs.of(histories.within(n_items), n_items)
    parts = [
        sparse_parts(member.sparse_scores(histories), scale, own, pairs)
        for (member, scale), own in zip(members, weights.T, strict=True)
    ]
    return sum(parts[1:], parts[0])


def dense_adder(
    scores: Floats, scale: ScoreScale, weights: Floats, pairs: HistoryPairs, in_place: bool = False
) -> Adder:
    """A function that adds weights times probabilities.

    Args:
        scores: `(n, n_items)` float32, which may be read only; if not, they are changed.
        weights: `(n,)`.
        pairs: the items of the histories.
        in_place: True if the scores are the total, whose place the probabilities take.
    """
    writeable = scores.flags.writeable

    def add(total: Floats, rows: slice) -> None:
        own = pairs.between(rows.start, rows.stop)
        some = scores[rows] if writeable else scores[rows].copy()
        sums = scale.odds(some, own.row, own.item)
        some *= (weights[rows] / sums)[:, None]
        if not in_place:
            total[:, : some.shape[1]] += some

    return add


def quick_adder(
    member: Model, scale: ScoreScale, weights: Floats, histories: Histories, pairs: HistoryPairs
) -> Adder | None:
    """The same of a member whose scores need not be looked at one by one; None of others.

    Args:
        weights: `(n,)`.
        pairs: the items of the histories.
    """
    if scale.shape == RANK:  # ranks are of all items
        return None
    if (common := member.common_scores()) is not None:
        return common_adder(common, scale, weights, pairs)
    if not member.scores_sparsely:
        return None
    scores = member.sparse_scores(histories)
    if scores.nnz > FULL * scores.shape[0] * scores.shape[1]:
        return dense_adder(scores.toarray(), scale, weights, pairs)
    return sparse_adder(scores, scale, weights, pairs)


def common_adder(scores: Floats, scale: ScoreScale, weights: Floats, pairs: HistoryPairs) -> Adder:
    """The same of scores that are the same for everybody, `(n_items,)`: their odds are made once,
    and those of its own items are left out of a user's sum."""
    odds = scores[None].copy()
    nothing = np.empty(0, np.int64)
    everything = scale.odds(odds, nothing, nothing)[0]
    own = np.bincount(pairs.row, weights=odds[0, pairs.item], minlength=pairs.n)
    if (own > MOST * everything).any():  # of what is left hardly a digit would be right
        return dense_adder(np.broadcast_to(scores, (pairs.n, len(scores))), scale, weights, pairs)
    share = (weights / (everything - own)).astype(np.float32)[:, None]

    def add(total: Floats, rows: slice) -> None:
        total[:, : odds.shape[1]] += share[rows] * odds

    return add


def sparse_adder(scores: Sparse, scale: ScoreScale, weights: Floats, pairs: HistoryPairs) -> Adder:
    """The same of sparse rows, where an item without an entry has a score of 0."""
    everything = Entries.of(scores)

    def add(total: Floats, rows: slice) -> None:
        bounds = rows.start, rows.stop
        entries = everything.between(*bounds)
        odds, zero, sums = sparse_odds(entries, scale, pairs.between(*bounds))
        share = (weights[rows] / sums).astype(np.float32)
        odds -= entries.spread(zero)
        odds *= entries.spread(share)
        total[:, : entries.width] += (share * zero)[:, None]
        total.reshape(-1)[entries.row * total.shape[1] + entries.column] += odds

    return add


def sparse_parts(scores: Sparse, scale: ScoreScale, weights: Floats, pairs: HistoryPairs) -> Sparse:
    """Weights times probabilities as sparse rows, less those of items without an entry."""
    from scipy.sparse import csr_array

    entries = Entries.of(scores)
    odds, zero, sums = sparse_odds(entries, scale, pairs)
    data = (entries.spread(weights / sums) * (odds - entries.spread(zero))).astype(np.float32)
    return csr_array((data, scores.indices, scores.indptr), shape=scores.shape)


def _in_parts(add: Callable[[slice], None], n: int, width: int) -> None:
    """Call with a few rows at a time, in threads where there are many."""
    size = max(1, SCORES_A_THREAD // width)
    parts = [slice(start, min(start + size, n)) for start in range(0, n, size)]
    if len(parts) < 2:
        list(map(add, parts))
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(add, parts))
