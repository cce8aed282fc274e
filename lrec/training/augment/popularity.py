"""Pseudo-interactions by popularity: a control that is not personalised."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model.common.protocols import Callback, Strategy
from lrec.training.augment import PseudoInteractionAugmenter


class PopularityAugmenter(PseudoInteractionAugmenter):
    """Draws items in proportion to the training users who have them.

    A model that gains as much from these gains from smoothing, not from generated interests.

    Args:
        per_user, quantile: see `PseudoInteractionAugmenter`.
    """

    name = "popularity"

    def __init__(self, per_user: int = 5, quantile: float = 0.5) -> None:
        super().__init__(per_user, quantile)

    def fit(self, split: Split, strategy: Strategy, seed: int, callback: Callback) -> None:
        self.log_popularity = np.log(np.maximum(split.catalogue.popularity, 1))

    def log_weights(self, histories: Histories) -> Floats:
        return np.tile(self.log_popularity, (len(histories), 1))
