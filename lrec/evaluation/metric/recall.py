"""Recall: the share of what could be found that was found."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric


class Recall(RankingMetric):
    """recall@k = |L ∩ T| / min(k, |T|)."""

    def __call__(self, lists: Lists, k: int) -> Floats:
        recall: Floats = lists.hits[:, :k].sum(axis=1) / np.minimum(k, lists.n_targets)
        return recall
