"""Everybody gets what most others took."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Arrays, Floats, Ints
from lrec.base.errors import DataError
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model import Model
from lrec.model.common.protocols import Callback, Schedule, Strategy

DAY = 86_400


class Popularity(Model):
    """Scores an item by the number of training users who have it: the simplest baseline.

    With a window, items are ordered by their interactions in the last days of the training data,
    equal ones by their popularity of all time; a score is then the place in that order, from 0.

    Args:
        window: days; null means all time.
    """

    answers_empty = True

    def __init__(self, window: float | None = None) -> None:
        if window is not None and window <= 0:
            raise ValueError(f"window must be positive days. Received: {window}")
        self.window = window
        self.recent: Ints | None = None

    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        """Count.

        Raises:
            DataError: a window is asked for, and the data has no clock.
        """
        self.catalogue = split.catalogue
        if self.window is None:
            return
        train = split.train
        if train.timestamp is None or not split.clock:
            raise DataError(
                "model.window counts the last days of the training data, and this data has no "
                "timestamps that are a clock. Use model.window=null, the popularity of all time."
            )
        late = train.timestamp > train.timestamp.max() - self.window * DAY
        self.recent = np.bincount(train.item[late], minlength=split.catalogue.n_items)

    def score(self, histories: Histories) -> Floats:
        scores = self.catalogue.popularity
        if self.recent is not None:
            # A place is exact in float32, where a count and a fraction to break ties are not.
            pairs = self.recent * (scores.max(initial=0) + 1) + scores
            scores = np.unique(pairs, return_inverse=True)[1]
        return np.tile(scores.astype(np.float32), (len(histories), 1))

    def state(self) -> Arrays:
        return {} if self.recent is None else {"recent": self.recent}

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.recent = state.get("recent")
