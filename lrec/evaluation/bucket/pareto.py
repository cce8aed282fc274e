"""The most active fifth of the users against the rest."""

from __future__ import annotations

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.bucket import ActivityBucketing, quantiles


class Pareto(ActivityBucketing):
    """pareto_tail: n <= the 80 % quantile of training activity; pareto_head: above."""

    name = "pareto"
    names = ("pareto_tail", "pareto_head")

    def edges(self, train: Histories, catalogue: Catalogue) -> list[float]:
        return quantiles(train.lengths, [0.8])
