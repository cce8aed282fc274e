"""User coverage: the share of users with a list from the model's own scores."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric


class UserCoverage(RankingMetric):
    """user_coverage@k = 1 if the list comes from the model's own scores, 0 after a fallback.

    A list is shorter than k only where no other item is left; an empty one covers nobody. The mean
    over a bucket is the share of users covered.
    """

    name = "user_coverage"
    of_hits = False

    def __call__(self, lists: Lists, k: int) -> Floats:
        listed = (lists.items[:, :k] >= 0).any(axis=1)
        covered: Floats = (listed & lists.is_personalised).astype(float)
        return covered
