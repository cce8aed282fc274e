"""Inverses of large symmetric matrices, in place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lrec.base.arrays import Floats

# SciPy's LAPACK counts in 32 bits, and its threads crash in larger matrices.
LAPACK_BYTES = 2**31
BLOCK = 1024  # rows and columns swept at once
ROWS = 512  # rows mirrored at once


def ignore(done: int, total: int) -> None:
    """Report nothing."""


def invert(matrix: Floats, report: Callable[[int, int], None] = ignore) -> Floats:
    """The inverse of a symmetric positive definite matrix, in its own memory.

    Args:
        matrix: `(n, n)` float32, C-ordered; overwritten.
        report: called with the rows that are done, and all, where it takes long.

    Raises:
        FloatingPointError: it is not positive definite in float32.
    """
    if matrix.nbytes < LAPACK_BYTES:
        matrix = _by_lapack(matrix)
    else:
        sweep(matrix, report=report)
    for start in range(0, len(matrix), ROWS):  # only the upper triangle is filled
        rows = slice(start, start + ROWS)
        matrix[rows, :start] = matrix[:start, rows].T
        square = matrix[rows, rows]
        square[...] = np.triu(square) + np.triu(square, 1).T
    return matrix


def sweep(matrix: Floats, size: int = BLOCK, report: Callable[[int, int], None] = ignore) -> None:
    """Leave the inverse in the upper triangle, block by block (Goodnight 1979, "sweep operator").

    A block D on the diagonal, with the columns C above and below it, becomes D⁻¹; the columns
    become C D⁻¹, and all else loses C D⁻¹ Cᵀ. When every block was swept, the matrix is the
    negative inverse. Its products are BLAS's, which NumPy calls with 64-bit integers; they are of
    square tiles, so that no more than three columns of blocks are held beside the matrix.
    """
    n = len(matrix)
    columns = np.empty((n, size), matrix.dtype)
    product = np.empty((size, size), matrix.dtype)
    for start in range(0, n, size):
        block = slice(start, min(start + size, n))
        width = block.stop - start
        inverse = _by_lapack(matrix[block, block].copy())
        inverse = np.triu(inverse) + np.triu(inverse, 1).T
        old = columns[:, :width]
        old[:start] = matrix[:start, block]
        old[block] = 0
        old[block.stop :] = matrix[block, block.stop :].T
        new = old @ inverse
        tiles = [slice(first, min(first + size, n)) for first in range(0, n, size)]
        for index, rows in enumerate(tiles):
            for right in tiles[index:]:
                change = product[: rows.stop - rows.start, : right.stop - right.start]
                np.matmul(new[rows], old[right].T, out=change)
                matrix[rows, right] -= change
        matrix[:start, block] = new[:start]
        matrix[block, block.stop :] = new[block.stop :].T
        matrix[block, block] = -inverse
        report(block.stop, n)
    np.negative(matrix, out=matrix)


def _by_lapack(matrix: Floats) -> Floats:
    """Upper triangle of the inverse: a Cholesky factor, and the inverse from it.

    That takes half the operations of a general inverse. LAPACK works in place on the transpose,
    whose columns are contiguous.
    """
    from scipy.linalg.lapack import spotrf, spotri

    factor, failed = spotrf(matrix.T, lower=True, clean=False, overwrite_a=True)
    if not failed:
        inverse, failed = spotri(factor, lower=True, overwrite_c=True)
    if failed:
        raise FloatingPointError("the matrix is not positive definite in float32")
    result: Floats = inverse.T
    return result
