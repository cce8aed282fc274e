"""Histories as a sparse matrix of users and items."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Sparse
from lrec.data.histories import Histories


def history_matrix(histories: Histories, n_items: int, recency: float = 1.0) -> Sparse:
    """Histories as sparse rows, `(len(histories), n_items)` float32.

    An item counts once, where it is newest, with the weight that it has there (or 1) times
    recency ** (steps back from the newest): of recency 0, the newest item alone counts. Items
    outside the catalogue take no step.
    """
    from scipy.sparse import csr_array

    inside = histories.within(n_items)
    if not recency:
        inside = inside.newest(1)
    inside = distinct(inside, n_items)
    steps = inside.offsets[1:][inside.row] - 1 - np.arange(len(inside.item))
    weights = np.power(recency, steps, dtype=np.float32)
    if inside.weight is not None:
        weights *= inside.weight
    # 32-bit indices halve the memory traffic of a product.
    offsets = inside.offsets.astype(np.int32 if len(inside.item) < 2**31 else np.int64)
    item = inside.item.astype(offsets.dtype, copy=False)
    return csr_array((weights, item, offsets), shape=(len(inside), n_items))


def distinct(histories: Histories, n_items: int) -> Histories:
    """The same rows with each item of a catalogue of `n_items` once, where it is newest."""
    inside = histories.within(n_items)
    pair = inside.row * n_items + inside.item
    ordered = np.sort(pair)
    if not (ordered[1:] == ordered[:-1]).any():
        return inside
    newest = np.zeros(len(pair), bool)
    newest[len(pair) - 1 - np.unique(pair[::-1], return_index=True)[1]] = True
    return inside.keep(newest)
