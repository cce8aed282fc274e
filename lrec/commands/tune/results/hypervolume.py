"""Hypervolume of a set of points: how much of the space of objectives it dominates."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.commands.runs.pareto import front


def hypervolume(points: Floats, reference: Floats) -> float:
    """The volume between a reference point and points, of which more is better; exact.

    By slices along the last objective, each of a hypervolume of one objective less.

    Args:
        points: `(n, m)`; those not above the reference in every objective add nothing.
        reference: `(m,)`.

    >>> hypervolume(np.array([[2.0, 1.0], [1.0, 3.0]]), np.zeros(2))
    4.0
    """
    above = points[(points > reference).all(axis=1)]
    if not len(above):
        return 0.0
    if points.shape[1] == 1:
        return float(above.max() - reference[0])
    above = above[front(above)]
    above = above[np.argsort(-above[:, -1], kind="stable")]
    depths = above[:, -1] - np.append(above[1:, -1], reference[-1])
    return sum(
        float(depth) * hypervolume(above[: k + 1, :-1], reference[:-1])
        for k, depth in enumerate(depths)
        if depth > 0
    )


def contributions(points: Floats, reference: Floats) -> list[float]:
    """The part of the hypervolume that each point alone dominates."""
    whole = hypervolume(points, reference)
    others = [np.delete(points, index, axis=0) for index in range(len(points))]
    return [whole - hypervolume(part, reference) for part in others]


def over_trials(points: Floats, reference: Floats) -> list[float]:
    """The hypervolume of the first point, of the first two, and so on."""
    return [hypervolume(points[: n + 1], reference) for n in range(len(points))]


def worst(points: Floats) -> Floats:
    """A reference point: the worst value of each objective among all points."""
    reference: Floats = points.min(axis=0)
    return reference
