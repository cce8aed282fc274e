"""Order of interactions by user and time, without a sort of all rows at once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lrec.base.arrays import Ints


def grouped(codes: Ints, n_groups: int) -> tuple[Ints, Ints]:
    """Rows by their group, those of a group in the order that they have, and the groups' offsets.

    Changing the layout of a sparse matrix does it by counting, without a comparison.

    Args:
        codes: `(n,)` group of each row.
    """
    from scipy.sparse import csr_array

    n = len(codes)
    one_each = np.arange(n + 1, dtype=np.int32 if n < 2**31 - 1 else np.int64)
    matrix = csr_array((np.empty(n, np.int8), codes, one_each), shape=(n, n_groups)).tocsc()
    return matrix.indices, matrix.indptr


def user_order(user: Ints, timestamp: Ints | None, n_users: int) -> Ints:
    """Rows grouped by user and ordered by time, `(n,)`; equal times keep the order that they have.

    Args:
        user, timestamp: `(n,)`.
    """
    order, offsets = grouped(user, n_users)
    if timestamp is None or not len(user):
        return order
    key = _key(user[order], timestamp[order])
    shares = np.linspace(0, len(user), (os.cpu_count() or 1) + 1)
    edges = offsets[np.searchsorted(offsets, shares)]  # between users

    def sort(start: int, end: int) -> Ints:
        return order[start:end][np.argsort(key[start:end], kind="stable")]

    with ThreadPoolExecutor(len(shares)) as pool:
        return np.concatenate([*pool.map(sort, edges[:-1], edges[1:])])


def _key(user: Ints, timestamp: Ints) -> Ints:
    """Numbers that order rows by user and time, `(n,)`."""
    first, users = int(timestamp.min()), int(user.max()) + 1
    span = int(timestamp.max()) - first + 1
    if users * span >= 2**63:  # times that are no seconds: their ranks are small enough
        timestamp = np.unique(timestamp, return_inverse=True)[1]
        first, span = 0, len(user)
    key: Ints = np.multiply(user, span, dtype=np.int64)
    key -= first
    key += timestamp
    return key
