"""Popularity lift: popularity of the list relative to that of the user's history."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats, nan_mean
from lrec.evaluation.metric import Lists, RankingMetric


class PopularityLift(RankingMetric):
    """(mean pop of L - mean pop of the history) / mean pop of the history.

    Not defined for users whose history has no item that anybody trained on. Abdollahpouri et al.
    2019, "The unfairness of popularity bias in recommendation".
    """

    name = "popularity_lift"
    of_hits = False
    direction = 0

    def __call__(self, lists: Lists, k: int) -> Floats:
        before = lists.history_popularity
        listed = nan_mean(lists.popularity[:, :k], axis=1)
        lift = np.full(len(lists), np.nan)
        np.divide(listed - before, before, out=lift, where=before > 0)
        return lift
