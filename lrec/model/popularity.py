"""Everybody gets what most others took."""

from __future__ import annotations

import numpy as np

from lrec.data import Catalogue, Floats, Histories, Split
from lrec.model import Arrays, Model
from lrec.training import Schedule, Strategy, Watch


class Popularity(Model):
    """Scores an item by the number of training users who have it: the simplest baseline."""

    answers_empty = True

    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, watch: Watch
    ) -> None:
        self.catalogue = split.catalogue

    def score(self, histories: Histories) -> Floats:
        scores = self.catalogue.popularity.astype(np.float32)
        return np.tile(scores, (len(histories), 1))

    def state(self) -> Arrays:
        return {}

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
