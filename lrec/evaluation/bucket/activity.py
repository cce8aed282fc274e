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
    """

    names = ("tail", "torso", "head")

    def __init__(self, quantiles: Sequence[float] = (0.5, 0.8)) -> None:
        if len(quantiles) != 2 or not 0 < quantiles[0] < quantiles[1] < 1:
            raise ValueError(
                f"quantiles must be two rising shares between 0 and 1. Received: {list(quantiles)}"
            )
        self.quantiles = tuple(quantiles)

    def edges(self, train: Histories, catalogue: Catalogue) -> list[float]:
        return quantiles(train.lengths, self.quantiles)
