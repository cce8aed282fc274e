"""Item coverage: the share of the catalogue that is recommended to a group of users."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Ints
from lrec.evaluation.metric import SetMetric


class ItemCoverage(SetMetric):
    """item_coverage@k of a group = |union of its lists| / |catalogue|."""

    name = "item_coverage"

    def __call__(self, items: Ints, n_items: int) -> float:
        listed = np.zeros(n_items + 1, bool)
        # -1, where a list is shorter, is the last entry; shorter integers take three times as long
        listed[items.astype(np.intp)] = True
        return int(np.count_nonzero(listed[:-1])) / n_items
