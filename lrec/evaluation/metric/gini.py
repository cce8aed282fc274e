"""Gini index of the recommendations: their concentration on few items of the catalogue."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Ints
from lrec.evaluation.metric import SetMetric


class Gini(SetMetric):
    """Gini index over the recommendation counts of all catalogue items; 0 is even, 1 one item.

    Σ (2 i - n - 1) c_i / (n Σ c) over the n counts c in rising order, i from 1.
    """

    name = "gini"
    direction = -1

    def __call__(self, items: Ints, n_items: int) -> float:
        return gini(np.bincount(items[items >= 0], minlength=n_items))


def gini(counts: Ints) -> float:
    """The index of `Gini` over counts `(n,)`; NaN where all are 0."""
    n, total = len(counts), len(counts) * counts.sum()
    rank = np.arange(1, n + 1)
    return float((2 * rank - n - 1) @ np.sort(counts) / total) if total else float("nan")
