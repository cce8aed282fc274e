"""Isotonic regression: the rising step function that fits points best.

As scikit-learn has it, whose import takes a second. But that takes values within 1e-6 for one,
which all probabilities of a large catalogue may be; here only equal ones are.
"""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats


def isotonic_knots(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Knots of the piecewise linear function that rises and has the least squared distance.

    Points of one x count as one at their mean.

    Args:
        x: `(n,)` finite, float32 or float64.
        y: `(n,)`, which is rounded to the type of `x`.

    Returns:
        The x of the knots, rising, and their y, both of the type of `x`.
    """
    from scipy.optimize import isotonic_regression

    y = y.astype(x.dtype)
    order = np.lexsort((y, x))
    x, y = x[order], y[order]
    starts = np.append(True, x[1:] != x[:-1])
    group = np.cumsum(starts) - 1
    sums = np.zeros(group[-1] + 1, x.dtype)
    np.add.at(sums, group, y)  # in order, unlike a pairwise sum
    counts = np.bincount(group).astype(x.dtype)
    knots = x[starts]
    values = isotonic_regression(sums / counts, weights=counts).x.astype(x.dtype)
    corners = np.ones(len(values), bool)  # the others lie on the level line between two
    corners[1:-1] = (values[1:-1] != values[:-2]) | (values[1:-1] != values[2:])
    return knots[corners], values[corners]
