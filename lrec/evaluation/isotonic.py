"""Isotonic regression: the rising step function that fits points best.

To the last digit as scikit-learn has it, whose import takes a second.
"""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Bools, Floats


def isotonic_knots(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Knots of the piecewise linear function that rises and has the least squared distance.

    Points of one x, or of values that are equal but for rounding, count as one at their mean.

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
    starts = _starts(x)
    group = np.cumsum(starts) - 1
    sums = np.zeros(group[-1] + 1, x.dtype)
    np.add.at(sums, group, y)  # in order, unlike a pairwise sum
    counts = np.bincount(group).astype(x.dtype)
    knots = x[starts]
    values = isotonic_regression(sums / counts, weights=counts).x.astype(x.dtype)
    corners = np.ones(len(values), bool)  # the others lie on the level line between two
    corners[1:-1] = (values[1:-1] != values[:-2]) | (values[1:-1] != values[2:])
    return knots[corners], values[corners]


def _starts(x: Floats) -> Bools:
    """True at the first of each group of equal values, of rising `x`.

    A value belongs to a group if it lies within the precision of the group's first one. So where
    one group ends decides where the next one does: the starts are those that are reached from the
    first by going from each value to the first one too far from it, in twice as long leaps each
    time.
    """
    precision = np.finfo(x.dtype).resolution
    starts = np.append(True, x[1:] != x[:-1])
    distinct = x[starts]
    if (np.diff(distinct) >= precision).all():
        return starts
    n = len(distinct)
    low, high = np.arange(n), np.full(n, n)  # the first one too far lies in (low, high]
    for _ in range(n.bit_length()):
        middle = (low + high) // 2
        far = distinct[middle] - distinct >= precision
        low, high = np.where(far, low, middle), np.where(far, middle, high)
    leap, reached = np.append(high, n), np.zeros(n + 1, bool)
    reached[0] = True
    for _ in range(n.bit_length()):
        reached[leap[reached]] = True
        leap = leap[leap]
    starts[starts] = reached[:n]
    return starts
