"""Average percentage of long-tail items."""

from __future__ import annotations

from lrec.base.arrays import Floats, nan_mean
from lrec.evaluation.metric import Lists, RankingMetric


class APLT(RankingMetric):
    """aplt@k = share of L outside the short head (the items with 80 % of training interactions).

    Abdollahpouri et al. 2017, "Controlling popularity bias in learning-to-rank recommendation".
    """

    name = "aplt"
    of_hits = False

    def __call__(self, lists: Lists, k: int) -> Floats:
        return nan_mean(
            lists.item_values((~lists.catalogue.short_head).astype(float))[:, :k], axis=1
        )
