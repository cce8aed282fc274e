"""The hypervolume, against unit cells that are counted."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lrec.commands.tune.results.hypervolume import contributions, hypervolume, over_trials, worst


def counted(points: np.ndarray, reference: np.ndarray) -> int:
    """Unit cells of a grid that a point dominates."""
    ranges = [range(int(low), 7) for low in reference]
    return sum(any((np.array(cell) + 1 <= p).all() for p in points)
               for cell in itertools.product(*ranges))  # fmt: skip


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_it_is_the_number_of_cells_below_the_points(objectives: int) -> None:
    generator = np.random.default_rng(objectives)
    for _ in range(20):
        points = generator.integers(0, 7, (generator.integers(1, 7), objectives)).astype(float)
        reference = generator.integers(0, 3, objectives).astype(float)
        assert hypervolume(points, reference) == counted(points, reference)


def test_it_never_falls_over_trials_and_ends_with_the_whole() -> None:
    points = np.random.default_rng(0).normal(size=(12, 3))
    course = over_trials(points, worst(points))
    assert course == sorted(course)
    assert course[-1] == pytest.approx(hypervolume(points, worst(points)))


def test_a_contribution_is_what_a_point_alone_dominates() -> None:
    points = np.array([[3.0, 1.0], [2.0, 2.0], [1.0, 3.0], [1.0, 1.0]])
    assert contributions(points, np.zeros(2)) == [1.0, 1.0, 1.0, 0.0]
    assert hypervolume(points[:0], np.zeros(2)) == 0
