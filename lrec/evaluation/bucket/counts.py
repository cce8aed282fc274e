"""Fixed numbers of interactions, comparable between data sets."""

from __future__ import annotations

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.bucket import ActivityBucketing


class Counts(ActivityBucketing):
    """n1-4, n5-9, n10-19, n20-49, n50plus training interactions."""

    name = "counts"
    names = ("n1-4", "n5-9", "n10-19", "n20-49", "n50plus")

    def edges(self, train: Histories, catalogue: Catalogue) -> list[float]:
        return [4, 9, 19, 49]
