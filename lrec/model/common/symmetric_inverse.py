"""Inverses of large symmetric matrices, in place."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats

# SciPy's LAPACK counts in 32 bits, and its threads crash in larger matrices.
LAPACK_BYTES = 2**31
BLOCK = 512  # rows and columns swept at once
ROWS = 512  # rows mirrored at once


def invert(matrix: Floats) -> Floats:
    """The inverse of a symmetric positive definite matrix, in its own memory.

    Args:
        matrix: `(n, n)` float32, C-ordered; overwritten.

    Raises:
        FloatingPointError: it is not positive definite in float32.
    """
    if matrix.nbytes < LAPACK_BYTES:
        matrix = _by_lapack(matrix)
    else:
        sweep(matrix)
    for start in range(0, len(matrix), ROWS):  # only the upper triangle is filled
        rows = slice(start, start + ROWS)
        matrix[rows, :start] = matrix[:start, rows].T
        square = matrix[rows, rows]
        square[...] = np.triu(square) + np.triu(square, 1).T
    return matrix


def sweep(matrix: Floats, size: int = BLOCK) -> None:
    """Leave the inverse in the upper triangle, block by block (Goodnight 1979, "sweep operator").

    A block D on the diagonal, with the columns C above and below it, becomes D⁻¹; the columns
    become C D⁻¹, and all else loses C D⁻¹ Cᵀ. When every block was swept, the matrix is the
    negative inverse. Its products are BLAS's, which NumPy calls with 64-bit integers.
    """
    n = len(matrix)
    columns = np.empty((n, size), matrix.dtype)
    product = np.empty((size, n), matrix.dtype)
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
        for first in range(0, n, size):
            rows = slice(first, min(first + size, n))
            change = product[: rows.stop - first, : n - first]
            np.matmul(new[rows], old[first:].T, out=change)
            matrix[rows, first:] -= change
        matrix[:start, block] = new[:start]
        matrix[block, block.stop :] = new[block.stop :].T
        matrix[block, block] = -inverse
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
