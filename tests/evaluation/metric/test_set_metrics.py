"""Metrics of groups of users against their formulas in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lrec.evaluation.metric.gini import Gini
from lrec.evaluation.metric.item_coverage import ItemCoverage


def gini(counts: Sequence[int]) -> float:
    """Mean absolute difference of all pairs over twice the mean."""
    n = len(counts)
    difference = sum(abs(a - b) for a in counts for b in counts)
    return difference / (2 * n * sum(counts))


def padded(lists: list[list[int]], width: int) -> np.ndarray:
    return np.array([row + [-1] * (width - len(row)) for row in lists], np.int32)


def test_set_metrics_by_hand() -> None:
    items = padded([[0, 1], [0, 2], [0]], 2)
    assert ItemCoverage()(items, 6) == pytest.approx(3 / 6, abs=1e-12)
    # Counts 3, 1, 1, 0, 0, 0: the differences of all ordered pairs sum to 38.
    assert Gini()(items, 6) == pytest.approx(38 / (2 * 36 * 5 / 6), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_set_metrics_on_random_lists(seed: int) -> None:
    generator, n_items = np.random.default_rng(seed), 12
    lengths = generator.integers(0, 6, size=25)
    lists = [generator.permutation(n_items)[:length].tolist() for length in lengths]
    flat = [item for row in lists for item in row]
    items = padded(lists, 5)
    assert ItemCoverage()(items, n_items) == pytest.approx(len(set(flat)) / n_items, abs=1e-12)
    counts = [flat.count(item) for item in range(n_items)]
    assert Gini()(items, n_items) == pytest.approx(gini(counts), abs=1e-12)


def test_gini_runs_from_even_to_one_item() -> None:
    assert Gini()(np.arange(8).reshape(4, 2), 8) == pytest.approx(0, abs=1e-12)
    assert Gini()(np.zeros((5, 1), int), 8) == pytest.approx(7 / 8, abs=1e-12)
    assert np.isnan(Gini()(np.full((3, 2), -1), 8))
