"""Average percentage of long-tail items."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric, mean_of_items


class APLT(RankingMetric):
    """aplt@k = share of L outside the short head (the items with 80 % of training interactions).

    Abdollahpouri et al. 2017, "Controlling popularity bias in learning-to-rank recommendation".
    """

    def __call__(self, lists: Lists, k: int) -> Floats:
        return mean_of_items(lists.item_values((~lists.catalogue.short_head).astype(float))[:, :k])
