"""Sums of item vectors over lists and histories, in memory that grows with their entries."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lrec.base.arrays import Floats, Ints, Sparse, offsets_of
from lrec.base.sets import unique

NARROW = 64  # columns up to which sums are dense
WIDE = 512  # columns above which those that are empty in a block are left out
CELLS = 1 << 20  # of a block of whole rows
ROWS = 64  # of a block of wide rows


def summed(vectors: Sparse, item: Ints, row: Ints, n: int) -> Sparse | Floats:
    """The sum of each row's item vectors, in the order of its items, `(n, width)` float64.

    Sparse, or dense where it is narrow: that is several times as fast, and adds up the same.

    Args:
        item, row: `(m,)`, rows in rising order.
    """
    from scipy.sparse import csr_array

    offsets = offsets_of(np.bincount(row, minlength=n))
    rows = csr_array((np.ones(len(item)), item, offsets), shape=(n, vectors.shape[0]))
    return rows @ (vectors.toarray() if vectors.shape[1] <= NARROW else vectors)


def dense_blocks(*matrices: Sparse | Floats) -> Iterator[tuple[slice, list[Floats]]]:
    """The rows of matrices of one shape, wide ones sparse, a block of dense ones at a time."""
    n, width = matrices[0].shape
    size = ROWS if width > WIDE else max(ROWS, CELLS // max(width, 1))
    for start in range(0, n, size):
        rows = slice(start, start + size)
        parts: list[Sparse] = [matrix[rows] for matrix in matrices]
        if width > WIDE:
            used = unique(np.concatenate([part.indices for part in parts]))
            parts = [part[:, used] for part in parts]
        yield rows, [part if isinstance(part, np.ndarray) else part.toarray() for part in parts]


def scaled_rows(vectors: Sparse, scale: Floats) -> Sparse:
    """Rows divided by a number each, `(n,)`, as float64."""
    from scipy.sparse import csr_array

    data = vectors.data.astype(float) / np.repeat(scale, np.diff(vectors.indptr))
    return csr_array((data, vectors.indices, vectors.indptr), shape=vectors.shape)
