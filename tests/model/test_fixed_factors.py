"""Solves of a batch of rows, directly and by steps, against plain ridge regressions."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.model.least_squares.fixed_factors import FixedFactors, RowBatch

ALPHA, WIDTH = 0.3, 6


def of(length: int) -> tuple[FixedFactors, RowBatch, np.ndarray]:
    """A batch of rows whose last one is two entries shorter, and its solutions."""
    draw = np.random.default_rng(length)
    fixed = FixedFactors(draw.normal(size=(40, WIDTH)).astype(np.float32), ALPHA)
    taken = draw.permuted(np.tile(np.arange(40), (3, 1)), axis=1)[:, :length].astype(np.int32)
    taken[-1, -2:] = 40
    confidence = draw.uniform(0.5, 3, taken.shape)
    ridge = np.array([0.5, 1.0, 2.0])
    solutions = []
    for items, weights, penalty in zip(taken, confidence, ridge, strict=True):
        rows, weights = fixed.factors[items[items < 40]], weights[items < 40]
        gram = ALPHA * fixed.factors.T @ fixed.factors + penalty * np.eye(WIDTH)
        gram = gram + (rows * weights[:, None]).T @ rows
        solutions.append(np.linalg.solve(gram, rows.T @ weights))
    root = np.sqrt(confidence).astype(np.float32)
    return fixed, RowBatch(np.arange(3), taken, root, ridge.astype(np.float32)), np.array(solutions)


@pytest.mark.parametrize("length", [3, 6, 25])  # shorter than the factors, and longer
def test_direct_solve_is_the_ridge_regression(length: int) -> None:
    fixed, batch, expected = of(length)
    np.testing.assert_allclose(fixed.solve(batch) @ fixed.basis.T, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("length", [3, 25])
def test_steps_lead_to_the_same_solution_and_stay_there(length: int) -> None:
    fixed, batch, expected = of(length)
    start = np.random.default_rng(0).normal(size=expected.shape).astype(np.float32)
    errors = [
        np.linalg.norm(fixed.improve(batch, start @ fixed.basis, steps) @ fixed.basis.T - expected)
        for steps in range(WIDTH + 1)
    ]
    assert errors[0] == pytest.approx(np.linalg.norm(start - expected), rel=1e-4)
    assert (np.diff(errors[:4]) < 0).all(), errors
    assert errors[-1] < 1e-4 * errors[0]
    again = fixed.improve(batch, (expected @ fixed.basis).astype(np.float32), 50)
    np.testing.assert_allclose(again @ fixed.basis.T, expected, rtol=1e-4, atol=1e-5)
