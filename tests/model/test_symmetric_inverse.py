"""Inverses in place, against NumPy's in double precision."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.model.common import symmetric_inverse
from lrec.model.common.symmetric_inverse import invert, sweep


def definite(n: int) -> np.ndarray:
    draw = np.random.default_rng(n)
    rows = draw.random((2 * n, n)) < 0.1
    counts = (rows.T @ rows.astype(np.float32)).astype(np.float32)
    counts += rows.sum(axis=0) * np.eye(n, dtype=np.float32)
    return counts + 50 * np.eye(n, dtype=np.float32)


@pytest.mark.parametrize("size", [1, 7, 32, 64, 100])
def test_sweeping_in_blocks_of_any_size(size: int) -> None:
    matrix = definite(64)
    swept = matrix.copy()
    sweep(swept, size)
    expected = np.linalg.inv(matrix.astype(np.float64))
    np.testing.assert_allclose(np.triu(swept), np.triu(expected), atol=1e-7)


@pytest.mark.parametrize("most", [0, 2**31], ids=["swept", "LAPACK"])
def test_whole_inverse_of_either_way(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symmetric_inverse, "LAPACK_BYTES", most)
    matrix = definite(700)
    result = invert(matrix.copy())
    np.testing.assert_allclose(result, np.linalg.inv(matrix.astype(np.float64)), atol=1e-7)
    assert np.array_equal(result, result.T)


@pytest.mark.parametrize("most", [0, 2**31], ids=["swept", "LAPACK"])
def test_matrix_that_is_not_definite_is_refused(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symmetric_inverse, "LAPACK_BYTES", most)
    with pytest.raises(FloatingPointError, match="not positive definite"):
        invert(-definite(20))


def test_several_thousand_columns_in_single_precision_are_right_to_four_digits() -> None:
    """EASE's weights of a swept matrix, against those of an inverse in double precision."""
    draw = np.random.default_rng(5)
    chances = 1 / np.arange(1, 2501) ** 0.7
    rows = (draw.random((4000, 2500)) < chances).astype(np.float32)
    matrix = rows.T @ rows + 50 * np.eye(2500, dtype=np.float32)
    expected = np.linalg.inv(matrix.astype(np.float64))
    expected /= -np.diagonal(expected)
    sweep(matrix)
    upper = np.triu_indices(2500, 1)
    scale = -np.diagonal(matrix)
    np.testing.assert_allclose((matrix / scale)[upper], expected[upper], atol=1e-4)
