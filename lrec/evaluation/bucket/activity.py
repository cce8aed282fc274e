"""Tail, torso and head: quantiles of activity."""

from __future__ import annotations

from collections.abc import Sequence

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.bucket import ActivityBucketing, quantiles


class Activity(ActivityBucketing):
    """tail: n <= the first quantile of training activity, torso: n <= the second, head: above.

    Args:
        quantiles: the two shares of the training users at which the buckets part.

    >>> import numpy as np
    >>> from lrec.data.catalogue import Catalogue
    >>> from lrec.data.histories import Histories
    >>> train = Histories.of([[0], [1], [2, 0], [0, 1, 2], [0, 1, 2, 3]])
    >>> catalogue = Catalogue(np.array(list("abcd")), np.ones(4, int), np.ones(4, int), n_users=5)
    >>> users = Histories.of([[3], [1, 2, 3], [0, 1, 2, 3], []])
    >>> buckets = Activity().assign(users, train, catalogue)
    >>> buckets.column.tolist()
    ['tail', 'torso', 'head', 'cold']
    >>> buckets.edges
    {'tail': 'n <= 2', 'torso': '2 < n <= 3', 'head': 'n > 3'}
    """

    name = "activity"
    names = ("tail", "torso", "head")

    def __init__(self, quantiles: Sequence[float] = (0.5, 0.8)) -> None:
        if len(quantiles) != 2 or not 0 < quantiles[0] < quantiles[1] < 1:
            raise ValueError(
                f"quantiles must be two rising shares between 0 and 1. Received: {list(quantiles)}"
            )
        self.quantiles = tuple(quantiles)

    def edges(self, train: Histories, catalogue: Catalogue) -> list[float]:
        return quantiles(train.lengths, self.quantiles)
