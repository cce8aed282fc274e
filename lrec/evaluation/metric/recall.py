"""Recall: the share of the held-out items that the list holds."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.evaluation.metric import Lists, RankingMetric


class Recall(RankingMetric):
    """recall@k = |L ∩ T| / min(k, |T|), for the list L and the held-out items T.

    >>> from lrec.data.catalogue import Catalogue
    >>> from lrec.data.histories import Histories
    >>> ones = np.ones(6, int)
    >>> lists = Lists(
    ...     items=np.array([[4, 2, 0], [1, 3, 5]]),  # recommended, best first; a row each user
    ...     target=Histories.of([[2, 5], [3]]),  # held out
    ...     history=Histories.of([[1], [0]]),
    ...     is_personalised=np.array([True, True]),
    ...     catalogue=Catalogue(np.array(list("abcdef")), ones, ones, n_users=2),
    ... )
    >>> Recall()(lists, k=3)
    array([0.5, 1. ])
    """

    name = "recall"

    def __call__(self, lists: Lists, k: int) -> Floats:
        recall: Floats = lists.hits[:, :k].sum(axis=1) / np.minimum(k, lists.n_targets)
        return recall
