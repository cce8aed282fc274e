"""The most active 5 % of the users against the rest."""

from __future__ import annotations

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.bucket import ActivityBucketing, quantiles


class Top5(ActivityBucketing):
    """rest95: n <= the 95 % quantile of training activity; top5: above.

    The grouping of Li et al. 2021, "User-oriented fairness in recommendation".
    """

    name = "top5"
    names = ("rest95", "top5")

    def edges(self, train: Histories, catalogue: Catalogue) -> list[float]:
        return quantiles(train.lengths, [0.95])
