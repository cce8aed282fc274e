"""Item coverage: the share of the catalogue that a group of users gets to see."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Ints
from lrec.evaluation.metric import SetMetric


class ItemCoverage(SetMetric):
    """item_coverage@k of a group = |union of its lists| / |catalogue|."""

    def __call__(self, items: Ints, n_items: int) -> float:
        return len(np.unique(items[items >= 0])) / n_items
