"""Average recommendation popularity."""

from __future__ import annotations

from lrec.base.arrays import Floats, nan_mean
from lrec.evaluation.metric import Lists, RankingMetric


class ARP(RankingMetric):
    """arp@k = mean over L of the number of training users with the item.

    Yin et al. 2012, "Challenging the long tail recommendation".
    """

    name = "arp"
    of_hits = False
    direction = 0

    def __call__(self, lists: Lists, k: int) -> Floats:
        return nan_mean(lists.popularity[:, :k], axis=1)
