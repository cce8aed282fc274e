"""Mean reciprocal rank of the first hit."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric


class MRR(RankingMetric):
    """mrr@k = 1 / rank of the first hit, 0 without one."""

    name = "mrr"

    def __call__(self, lists: Lists, k: int) -> Floats:
        hits = lists.hits[:, :k]
        return np.where(hits.any(axis=1), 1 / (1 + hits.argmax(axis=1)), 0.0)
