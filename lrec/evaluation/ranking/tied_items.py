"""The first items of the random order that breaks ties, without a sort of the catalogue."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lrec.base.arrays import Ints
from lrec.base.bits import splitmix64
from lrec.evaluation.ranking.top_k_arrays import tie_break_keys_of

# Keys of a thread at once, which stay in its cache.
KEYS = 2**16


def first_of_ties(users: Ints, wide: Ints, n_items: int) -> tuple[Ints, Ints]:
    """Items in the order of their tie-breaking keys: the first `wide` of each user, and some more.

    Of n random keys about w lie above the bound 2³² (1 − w / n): only those are sorted. If fewer
    than `wide` do, which happens to one user in many millions, all are.

    Args:
        users: `(n,)` int64, one at least.
        wide: `(n,)`, how many items are needed.
        n_items: size of the catalogue.

    Returns:
        Rows, rising, and items, `(total,)`: best first in each row; of equal keys the lower item.
    """
    codes = splitmix64(np.arange(n_items, dtype=np.uint64))
    enough = wide + 6 * np.sqrt(wide) + 20  # six standard deviations more
    bounds = np.maximum(2**32 * (1 - enough / n_items), 0).astype(np.int64)
    size = max(1, KEYS // n_items)

    def find(start: int) -> tuple[Ints, Ints]:
        rows = slice(start, start + size)
        row, item, key = _above(users[rows], codes, bounds[rows])
        found = np.bincount(row, minlength=len(wide[rows]))
        missing = found < np.minimum(wide[rows], n_items)
        if missing.any():
            row, item, key = _above(users[rows], codes, np.where(missing, 0, bounds[rows]))
        order = np.lexsort((item, ~key, row))
        return row[order] + start, item[order]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(find, range(0, len(users), size)))
    rows, items = zip(*parts, strict=True)
    return np.concatenate(rows), np.concatenate(items)


def _above(users: Ints, codes: Ints, bounds: Ints) -> tuple[Ints, Ints, Ints]:
    """Rows, items and keys of the keys that are not below the bound of their user."""
    parts = []
    for first in range(0, len(codes), KEYS):
        keys = tie_break_keys_of(users, codes[first : first + KEYS])
        row, column = np.divmod(np.flatnonzero(keys >= bounds[:, None]), keys.shape[1])
        parts.append((row, column + first, keys[row, column]))
    row, item, key = zip(*parts, strict=True)
    return np.concatenate(row), np.concatenate(item), np.concatenate(key)
