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
        given = train.rating[rated]
        rating = given.astype(np.float64)
        train = train.keep(rated)
        mean = float(rating.mean())
        scale = (float(rating.min()), float(rating.max()))
        item, row = train.item.astype(np.intp), train.row
        below, centred = given - mean, rating - mean  # float32, as `user` has it; float64
        count = np.bincount(item, minlength=n_items)
        bias = np.zeros(n_items)
        for _ in range(rounds):
            total = np.bincount(row, weights=below - bias[item], minlength=len(train))
            user = total / (train.lengths + user_shrink)
            total = np.bincount(item, weights=centred - user[row], minlength=n_items)
            bias = total / (count + item_shrink)
        return cls(mean, bias, user_shrink, scale)

    def user(self, histories: Histories) -> Floats:
        """b_u of each history, `(n,)`; 0 for an empty one."""
        assert histories.rating is not None
        rest = histories.rating - self.mean - self.item_bias(histories.item)
        total = np.bincount(histories.row, weights=rest, minlength=len(histories))
        return total / (histories.lengths + self.user_shrink)

    def item_bias(self, items: Ints) -> Floats:
        """b_i of each item, 0 outside the catalogue."""
        n_items = len(self.item)
        if items.max(initial=-1) < n_items:
            return self.item[items]
        return np.append(self.item, 0.0)[np.minimum(items, n_items)]

    def predict(self, queries: Queries) -> Floats:
        """Predictions for all targets, `(total,)`, clipped to the scale."""
        target = queries.target
        user = self.user(queries.history)[target.row]
        return np.clip(self.mean + user + self.item_bias(target.item), *self.scale)
