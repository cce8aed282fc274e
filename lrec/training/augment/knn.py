"""Pseudo-interactions by item neighbours: a personalised control without a network."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model.common.item_item import ItemItemModel
from lrec.model.common.protocols import Callback, Strategy
from lrec.training.augment import PseudoInteractionAugmenter

# Subtracted from the log-weight of items that are no neighbours: drawn when neighbours run out.
FAR = 100.0


class KNNAugmenter(PseudoInteractionAugmenter):
    """Draws items in proportion to an item-item model's scores.

    Where a history has too few neighbours, others follow by their popularity.

    Args:
        model: of the scores.
        per_user, quantile: see `PseudoInteractionAugmenter`.
    """

    name = "knn"

    def __init__(self, model: ItemItemModel, per_user: int = 5, quantile: float = 0.5) -> None:
        super().__init__(per_user, quantile)
        self.model = model

    def fit(self, split: Split, strategy: Strategy, seed: int, callback: Callback) -> None:
        self.model.fit(split)
        self.log_popularity = np.log(np.maximum(split.catalogue.popularity, 1))

    def log_weights(self, histories: Histories) -> Floats:
        scores = self.model.score(histories)
        is_neighbour = scores > 0
        logs: Floats = np.where(
            is_neighbour,
            np.log(np.where(is_neighbour, scores, 1.0)),
            self.log_popularity - FAR,
        )
        return logs
