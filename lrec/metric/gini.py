"""Gini index of the recommendations: how unevenly they fall on the catalogue."""

from __future__ import annotations

import numpy as np

from lrec.data import Ints
from lrec.metric import SetMetric


class Gini(SetMetric):
    """Gini index over the recommendation counts of all catalogue items; 0 is even, 1 one item.

    Σ (2 i - n - 1) c_i / (n Σ c) over the counts in rising order, i from 1.
    """

    direction = -1

    def __call__(self, items: Ints, n_items: int) -> float:
        counts = np.sort(np.bincount(items[items >= 0], minlength=n_items))
        rank = np.arange(1, n_items + 1)
        total = n_items * counts.sum()
        return float((2 * rank - n_items - 1) @ counts / total) if total else float("nan")
