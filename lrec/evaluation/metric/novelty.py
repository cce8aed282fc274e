"""Novelty: self-information of the recommended items."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats, nan_mean
from lrec.evaluation.metric import Lists, RankingMetric


class Novelty(RankingMetric):
    """novelty@k = mean over L of -log2(max(pop, 1) / n_train), in bits.

    Self-information of Zhou et al. 2010, "Solving the apparent diversity-accuracy dilemma of
    recommender systems".
    """

    name = "novelty"
    of_hits = False

    def __call__(self, lists: Lists, k: int) -> Floats:
        popularity = lists.popularity[:, :k]
        return nan_mean(-np.log2(np.maximum(popularity, 1) / lists.catalogue.n_users), axis=1)
