"""`lrec.evaluation.top_k` of arrays, for models whose scores need no TensorFlow."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.base.bits import sortable, splitmix64
from lrec.evaluation.top_k import BLOCK

ENTRIES = 2**17  # of tied rows that are sorted at once


def top_k_arrays(scores: Floats, k: int, users: Ints) -> tuple[Ints, Floats]:
    """The lists of `lrec.evaluation.top_k.top_k`: items `(batch, k)` int32, and their scores.

    Args:
        scores: `(batch, n_items)` float32, -inf for what is masked.
        k: length of the lists, at most `n_items`.
        users: `(batch,)` int64, who break ties.
    """
    n_items = scores.shape[1]
    wide = min(k + 1, n_items)
    n_blocks = n_items // BLOCK
    if n_blocks > wide:
        items = _candidates(scores, wide, n_blocks)
        items = np.take_along_axis(
            items, best_columns(np.take_along_axis(scores, items, 1), wide), 1
        )
    else:
        items = best_columns(scores, wide)
    values = np.take_along_axis(scores, items, 1)
    equal = (values[:, 1:] == values[:, :-1]) & (values[:, 1:] > -np.inf)
    tied = np.flatnonzero(equal.any(axis=1))
    codes = splitmix64(np.arange(n_items, dtype=np.uint64))
    for rows in np.array_split(tied, max(1, len(tied) * n_items // ENTRIES)):  # for the cache
        keys = tie_break_keys_of(users[rows], codes)
        keys += sortable(scores[rows].view(np.int32)).astype(np.int64) << 32
        items[rows] = best_columns(keys, wide)
        values[rows] = np.take_along_axis(scores[rows], items[rows], 1)
    return np.where(values > -np.inf, items, -1)[:, :k].astype(np.int32), values[:, :k]


def _candidates(scores: Floats, wide: int, n_blocks: int) -> Ints:
    """Items of the blocks with the highest maxima, and those behind the last whole block."""
    whole = n_blocks * BLOCK
    maxima = scores[:, :whole].reshape(len(scores), n_blocks, BLOCK).max(axis=2)
    chosen = np.argpartition(maxima, n_blocks - wide, axis=1)[:, n_blocks - wide :]
    items = (chosen[:, :, None] * BLOCK + np.arange(BLOCK)).reshape(len(scores), -1)
    rest = np.broadcast_to(
        np.arange(whole, scores.shape[1]), (len(scores), scores.shape[1] - whole)
    )
    return np.concatenate([items, rest], axis=1)


def tie_break_keys_of(users: Ints, codes: Ints) -> Ints:
    """`lrec.evaluation.top_k.tie_break_keys` of arrays, `(batch, n)` int64.

    Args:
        codes: `(n,)` uint64, the items' codes after `splitmix64`.
    """
    mixed = splitmix64(users.astype(np.int64).astype(np.uint64))
    keys: Ints = (splitmix64(mixed[:, None] ^ codes) >> np.uint64(32)).astype(np.int64)
    return keys


def best_columns(values: Floats | Ints, wide: int) -> Ints:
    """Columns of the highest values of each row, best first, `(n, wide)`."""
    first = values.shape[1] - wide
    columns = np.argpartition(values, first, axis=1)[:, first:] if first else _all_columns(values)
    order = np.argsort(np.take_along_axis(values, columns, 1), axis=1)[:, ::-1]
    return np.take_along_axis(columns, order, 1)


def _all_columns(values: Floats | Ints) -> Ints:
    return np.broadcast_to(np.arange(values.shape[1]), values.shape)
