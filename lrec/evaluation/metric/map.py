"""Mean average precision: the mean of the precision at each hit."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric


class MAP(RankingMetric):
    """map@k = Σ over hits of (hits so far / rank), divided by min(k, |T|)."""

    name = "map"

    def __call__(self, lists: Lists, k: int) -> Floats:
        hits = lists.hits[:, :k]
        precision = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
        average: Floats = (hits * precision).sum(axis=1) / np.minimum(k, lists.n_targets)
        return average
