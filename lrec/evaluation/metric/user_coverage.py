"""User coverage: the share of users with a list from the model's own scores."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric


class UserCoverage(RankingMetric):
    """user_coverage@k = 1 if all k items come from the model's own scores, 0 after a fallback.

    Its mean over a bucket is the share of users covered.
    """

    name = "user_coverage"
    of_hits = False

    def __call__(self, lists: Lists, k: int) -> Floats:
        full = (lists.items[:, :k] >= 0).all(axis=1) & (lists.items.shape[1] >= k)
        covered: Floats = (full & lists.is_personalised).astype(float)
        return covered
