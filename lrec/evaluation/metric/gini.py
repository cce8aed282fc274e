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
        return gini(np.bincount(items.ravel() + 1, minlength=n_items + 1)[1:])


def gini(counts: Ints) -> float:
    """The index of `Gini` over counts `(n,)`; NaN where all are 0."""
    n, total = len(counts), len(counts) * counts.sum()
    if not total:
        return float("nan")
    equal = np.bincount(counts)  # items of each count: their ranks follow each other
    first = np.cumsum(equal) - equal
    return float(np.arange(len(equal)) @ (equal * (2 * first + equal - n)) / total)
