"""Hit rate: 1 for a list with at least one held-out item."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric


class Hit(RankingMetric):
    """hit@k = 1 if L ∩ T is not empty, else 0."""

    name = "hit"

    def __call__(self, lists: Lists, k: int) -> Floats:
        return lists.hits[:, :k].any(axis=1).astype(float)
