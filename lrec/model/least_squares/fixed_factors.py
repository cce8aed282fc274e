"""One side of a matrix factorisation, held fixed while rows of the other are solved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Floats, Ints

TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True)
class RowBatch:
    """Some rows of confidences, padded to one length.

    Attributes:
        chosen: `(batch,)` which rows.
        taken: `(batch, length)` int32 columns, the number of columns where there is none.
        root: `(batch, length)` square roots of their confidences, anything where there is none.
        ridge: `(batch,)` regularisation.
    """

    chosen: Ints
    taken: Ints
    root: Floats
    ridge: Floats


class FixedFactors:
    """Fixed factors, in the basis in which α · their Gram matrix is diagonal.

    For a row of confidences C, the best w solves (HᵀCH + D) w = HᵀC1 with D = spectrum + ridge.
    Vectors that come and go are in this basis.
    """

    def __init__(self, factors: Floats, alpha: float) -> None:
        self.factors = factors
        spectrum, self.basis = np.linalg.eigh(alpha * (factors.T @ factors))
        self.spectrum = np.maximum(spectrum, 0)
        self.rotated = np.vstack([factors @ self.basis, np.zeros_like(factors[:1])])

    def solve(self, batch: RowBatch) -> Floats:
        """Solve directly, `(batch, factors)` float32.

        Where a row has fewer entries than there are factors, the same w comes from a system as
        small as the row: w = D⁻¹Gᵀ (I + GD⁻¹Gᵀ)⁻¹ √C1 with G = √CH (Woodbury).
        """
        diagonal = self.spectrum + batch.ridge[:, None]
        rows = self._rows(batch)
        length, factors = rows.shape[1:]
        if length >= factors:
            system = rows.transpose(0, 2, 1) @ rows
            np.einsum("bii->bi", system)[...] += diagonal
            right = rows.transpose(0, 2, 1) @ batch.root[..., None]
            return _vectors(np.linalg.solve(system, right))
        scale = 1 / np.sqrt(diagonal)
        rows *= scale[:, None, :]
        system = rows @ rows.transpose(0, 2, 1)
        np.einsum("bii->bi", system)[...] += 1
        weight = np.linalg.solve(system, batch.root[..., None])
        solved: Floats = _vectors(rows.transpose(0, 2, 1) @ weight) * scale
        return solved

    def improve(self, batch: RowBatch, solved: Floats, steps: int) -> Floats:
        """Steps of conjugate gradients towards the solution (Takács, Pilászy and Tikk 2011).

        They need no Gram matrix of a row. D is divided out, which makes all systems near to I.

        Args:
            solved: `(batch, factors)` from where to start.

        Returns:
            `(batch, factors)` float32.
        """
        diagonal = self.spectrum + batch.ridge[:, None]
        rows = self._rows(batch)
        rest = batch.root[..., None] - rows @ solved[..., None]
        residual = _vectors(rows.transpose(0, 2, 1) @ rest) - diagonal * solved
        direction = residual / diagonal
        before = _products(residual, direction)
        for _ in range(steps):
            image = _vectors(rows.transpose(0, 2, 1) @ (rows @ direction[..., None]))
            image += diagonal * direction
            size = before / np.maximum(_products(direction, image), TINY)
            solved = solved + size * direction
            residual -= size * image
            scaled = residual / diagonal
            now = _products(residual, scaled)
            direction = scaled + now / np.maximum(before, TINY) * direction
            before = now
        return solved

    def _rows(self, batch: RowBatch) -> Floats:
        # with bounds unchecked it is faster
        rows: Floats = self.rotated.take(batch.taken, axis=0, mode="clip")
        if (batch.root != 1).any():
            rows *= batch.root[..., None]
        return rows


def _products(left: Floats, right: Floats) -> Floats:
    """Inner products of rows, `(batch, 1)`."""
    products: Floats = np.einsum("ij,ij->i", left, right)[:, None]
    return products


def _vectors(columns: Floats) -> Floats:
    """Matrices of one column as vectors, `(batch, n)`."""
    return columns[..., 0]
