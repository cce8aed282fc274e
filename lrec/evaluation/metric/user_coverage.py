"""User coverage: the share of users with a list from the model's own scores."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric


class UserCoverage(RankingMetric):
    """user_coverage@k = 1 if all k items come from the model's own scores, 0 after a fallback.

    A shorter list covers a user only where the catalogue has no other item; an empty one nobody.
    The mean over a bucket is the share of users covered.
    """

    name = "user_coverage"
    of_hits = False

    def __call__(self, lists: Lists, k: int) -> Floats:
        backwards = lists.items[:, :k][:, ::-1] >= 0  # lists of others may hold unknown items, too
        listed = np.where(backwards.any(axis=1), backwards.shape[1] - backwards.argmax(axis=1), 0)
        full = (listed > 0) & (listed >= np.minimum(k, lists.n_left))
        covered: Floats = (full & lists.is_personalised).astype(float)
        return covered
