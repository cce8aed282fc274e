"""Pins isotonic regression to scikit-learn's, to the last digit, and to no scale of the scores."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from lrec.base.arrays import Floats
from lrec.evaluation.isotonic import isotonic_knots


def points(kind: str, generator: np.random.Generator, n: int) -> Floats:
    """Scores as models give them: spread, tied, or all the same."""
    if kind == "spread":
        return generator.normal(size=n) * 10
    if kind == "counts":
        return generator.geometric(0.1, n).astype(float)
    return np.full(n, 0.1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["spread", "counts", "same"])
def test_knots_are_those_of_scikit_learn(kind: str, dtype: type[np.floating]) -> None:
    generator = np.random.default_rng(7)
    for n in (1, 2, 3, 50, 2000):
        x = points(kind, generator, n).astype(dtype)
        y = generator.normal(size=n) + x / (np.abs(x).max() + 1)
        expected = IsotonicRegression(out_of_bounds="clip").fit(x, y)
        knots, values = isotonic_knots(x, y)
        np.testing.assert_array_equal(knots, expected.X_thresholds_)
        np.testing.assert_array_equal(values, expected.y_thresholds_)
        assert knots.dtype == values.dtype == dtype


@pytest.mark.parametrize("scale", [2.0**-40, 2.0**40])
def test_scale_of_the_scores_changes_nothing(scale: float) -> None:
    generator = np.random.default_rng(3)
    x = generator.normal(size=500).astype(np.float32)
    y = generator.normal(size=500) + x
    knots, values = isotonic_knots(x, y)
    scaled, same = isotonic_knots(x * np.float32(scale), y)
    assert len(knots) > 20
    np.testing.assert_array_equal(scaled, knots * np.float32(scale))
    np.testing.assert_array_equal(same, values)
