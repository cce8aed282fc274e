"""Normalised discounted cumulative gain: hits count more at the top."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric, discounts


class NDCG(RankingMetric):
    """ndcg@k = DCG / IDCG, gain 1, discount 1 / log2(rank + 1), IDCG over min(k, |T|) items.

    Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques".
    """

    name = "ndcg"

    def __call__(self, lists: Lists, k: int) -> Floats:
        hits = lists.hits[:, :k]
        gain = hits @ discounts(hits.shape[1])
        ideal = np.cumsum(discounts(k))[np.minimum(k, lists.n_targets) - 1]
        ndcg: Floats = gain / ideal
        return ndcg
