"""Expected popularity complement: hits on items that few users have."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric, discounts


class EPC(RankingMetric):
    """epc@k = Σ_r d_r · rel_r · (1 - pop / n_train) / Σ_r d_r, d_r = 1 / log2(r + 1).

    Vargas and Castells 2011, "Rank and relevance in novelty and diversity metrics".
    """

    name = "epc"

    def __call__(self, lists: Lists, k: int) -> Floats:
        rarity = 1 - np.nan_to_num(lists.popularity[:, :k]) / lists.catalogue.n_users
        weight = discounts(rarity.shape[1])
        epc: Floats = (lists.hits[:, :k] * rarity) @ weight / discounts(k).sum()
        return epc
