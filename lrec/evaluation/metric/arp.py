"""Average recommendation popularity."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric, mean_of_items


class ARP(RankingMetric):
    """arp@k = mean over L of the number of training users with the item.

    Yin et al. 2012, "Challenging the long tail recommendation".
    """

    direction = 0

    def __call__(self, lists: Lists, k: int) -> Floats:
        return mean_of_items(lists.popularity[:, :k])
