"""The bias model of ratings, that every run is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.data.histories import Histories
from lrec.data.queries import Queries


@dataclass(frozen=True)
class BiasModel:
    """rating ≈ μ + b_u + b_i with regularised biases (Koren 2010, "Factor in the neighbors").

    A user's bias is folded in from any history: b_u = Σ (r - μ - b_i) / (n + user_shrink). Items
    outside the catalogue have b_i = 0, which leaves the user part.

    Attributes:
        mean: μ, of the training ratings.
        item: `(n_items,)` b_i.
        user_shrink: ratings' worth of doubt about a user.
        scale: lowest and highest training rating; predictions are clipped to it.
    """

    mean: float
    item: Floats
    user_shrink: float
    scale: tuple[float, float]

    @classmethod
    def fit(
        cls,
        train: Histories,
        n_items: int,
        user_shrink: float = 5.0,
        item_shrink: float = 5.0,
        rounds: int = 10,
    ) -> BiasModel:
        """Alternating ridge regressions on training ratings."""
        assert train.rating is not None
        rated = ~np.isnan(train.rating)  # the rest is implicit
        rating = train.rating[rated].astype(np.float64)
        train = train.keep(rated)
        mean = float(rating.mean())
        scale = (float(rating.min()), float(rating.max()))
        model = cls(mean, np.zeros(n_items), user_shrink, scale)
        count = np.bincount(train.item, minlength=n_items)
        for _ in range(rounds):
            rest = rating - mean - model.user(train)[train.row]
            total = np.bincount(train.item, weights=rest, minlength=n_items)
            model = cls(mean, total / (count + item_shrink), user_shrink, scale)
        return model

    def user(self, histories: Histories) -> Floats:
        """b_u of each history, `(n,)`; 0 for an empty one."""
        assert histories.rating is not None
        rest = histories.rating - self.mean - self.item_bias(histories.item)
        total = np.bincount(histories.row, weights=rest, minlength=len(histories))
        return total / (histories.lengths + self.user_shrink)

    def item_bias(self, items: Ints) -> Floats:
        """b_i of each item, 0 outside the catalogue."""
        return np.append(self.item, 0.0)[np.minimum(items, len(self.item))]

    def predict(self, queries: Queries) -> Floats:
        """Predictions for all targets, `(total,)`, clipped to the scale."""
        target = queries.target
        user = self.user(queries.history)[target.row]
        return np.clip(self.mean + user + self.item_bias(target.item), *self.scale)
