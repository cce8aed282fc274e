"""The Pareto set, against its definition."""

from __future__ import annotations

import numpy as np

from lrec.commands.runs.pareto import front


def test_pareto_set_in_plain_python() -> None:
    generator = np.random.default_rng(0)
    points = generator.integers(0, 8, (60, 2)).astype(float)

    def dominates(a: np.ndarray, b: np.ndarray) -> bool:
        return a[0] >= b[0] and a[1] >= b[1] and tuple(a) != tuple(b)

    expected = [not any(dominates(other, point) for other in points) for point in points]
    assert front(points).tolist() == expected
    assert front(np.empty((0, 2))).tolist() == []
