"""Mainstream taste: the share of short-head items in the history."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats, mean_by_row
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.bucket import HistoryBucketing


class Mainstream(HistoryBucketing):
    """niche: less than half of the history in the short head; blockbuster: more than nine tenths.

    Fixed thresholds, because quantiles would part the many users whose share is exactly 1.
    After Abdollahpouri et al. 2019, "The unfairness of popularity bias in recommendation".
    """

    name = "mainstream"
    names = ("niche", "diverse", "blockbuster")

    def edges(self, train: Histories, catalogue: Catalogue) -> list[float]:
        return [float(np.nextafter(0.5, 0)), 0.9]

    def measure(self, history: Histories, catalogue: Catalogue) -> Floats:
        head = np.append(catalogue.short_head, False)  # items outside the catalogue are niche
        items = np.minimum(history.item, catalogue.n_items)
        share = mean_by_row(head[items].astype(float), history.row, len(history))
        return np.nan_to_num(share)

    def describe(self, low: float | None, high: float | None) -> str:
        if low is None:
            return "short-head share < 0.5"
        return "short-head share > 0.9" if high is None else "0.5 <= short-head share <= 0.9"
