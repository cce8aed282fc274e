"""Hit rate: whether the list holds anything that was wanted."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric


class Hit(RankingMetric):
    """hit@k = 1 if L ∩ T is not empty, else 0."""

    def __call__(self, lists: Lists, k: int) -> Floats:
        return lists.hits[:, :k].any(axis=1).astype(float)
