"""Ranking by products of vectors, a block of the catalogue at a time: wide ones take no memory."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, offsets_of
from lrec.data.histories import Histories
from lrec.evaluation.ranking.top_k_arrays import BestItems, finite

# Users and items of a block: 4 MB of scores, which stay in the cache.
USERS, ITEMS = 256, 4096
LARGEST = float(np.finfo(np.float32).max)


def rank_products(
    vectors: Floats,
    table: Floats,
    k: int,
    masked: Histories,
    target: Histories,
    is_personalised: Bools | None,
    popularity: Ints,
) -> tuple[Ints, Floats, Floats, bool]:
    """The lists of `top_k` by scores `vectors @ table.T`, which are never whole.

    BLAS adds up a product in the same order whatever the block, so that scores are the same bits.

    Args:
        vectors: `(n, width)` float32 of the users.
        table: `(n_items, width)` float32.
        masked: items that may not be recommended, n rows.
        target: items whose scores are wanted too, n rows; its users break ties.
        is_personalised: `(n,)`, False where popularity ranks; None where it does for nobody.

    Returns:
        Items `(n, k)` int32, their scores, the targets' scores before masking, and False if a score
        is NaN or infinite.
    """
    from threadpoolctl import threadpool_limits

    n, n_blocks = len(vectors), -(-len(table) // ITEMS)
    items, scores = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    at_targets = np.empty(len(target.item), np.float32)
    # no product of two vectors is larger than that of their lengths
    bounded = _longest(vectors) * _longest(table) < LARGEST / 2

    def rank(start: int, stop: int) -> bool:
        best = BestItems(target.user[start:stop].astype(np.int64), k)
        own, asked = (
            BlockEntries(part.between(start, stop), n_blocks) for part in (masked, target)
        )
        own_targets = at_targets[slice(*target.offsets[[start, stop]])]
        fallen = None if is_personalised is None else ~is_personalised[start:stop]
        cells = np.empty((stop - start) * ITEMS, np.float32)
        for block in range(n_blocks):
            first = block * ITEMS
            part = table[first : first + ITEMS]
            tile = cells[: (stop - start) * len(part)].reshape(stop - start, -1)
            with np.errstate(over="ignore", invalid="ignore"):  # of a model that diverged
                np.matmul(vectors[start:stop], part.T, out=tile)
            if not bounded and not finite(tile):
                return False
            entry, row, column = asked.of(block)
            own_targets[entry] = tile[row, column]
            if fallen is not None:
                tile[fallen] = popularity[first : first + ITEMS]
            _, row, column = own.of(block)
            tile[row, column] = -np.inf
            best.add(tile, first)
        items[start:stop], scores[start:stop] = best.lists()
        return True

    # groups of about one size: BLAS multiplies a single vector in another way
    edges = np.linspace(0, n, -(-n // USERS) + 1).astype(int).tolist()
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        checks = list(pool.map(rank, edges[:-1], edges[1:]))
    return items, scores, at_targets, all(checks)


class BlockEntries:
    """Entries of some users' histories by the block of the catalogue that they fall into."""

    def __init__(self, histories: Histories, n_blocks: int) -> None:
        block, self.column = np.divmod(histories.item, ITEMS)
        self.order = np.argsort(block, kind="stable")
        self.row = histories.row
        self.offsets = offsets_of(np.bincount(block, minlength=n_blocks))

    def of(self, block: int) -> tuple[Ints, Ints, Ints]:
        """Index, row and column in the block of each entry."""
        entry = self.order[slice(*self.offsets[block : block + 2])]
        return entry, self.row[entry], self.column[entry]


def _longest(vectors: Floats) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(np.einsum("ij,ij->i", vectors, vectors).max(initial=0)))
