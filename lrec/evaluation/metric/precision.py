"""Precision: the share of the list that was held out."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric


class Precision(RankingMetric):
    """precision@k = |L ∩ T| / k."""

    name = "precision"

    def __call__(self, lists: Lists, k: int) -> Floats:
        precision: Floats = lists.hits[:, :k].sum(axis=1) / k
        return precision
