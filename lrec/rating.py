"""Predicted ratings: the bias model that every run is compared with, and calibrated scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrec.arrays import Floats, Ints
from lrec.data import Histories, Queries


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


@dataclass(frozen=True)
class Calibration:
    """A monotone map from scores to ratings, fitted on validation ratings.

    rating ≈ w · (1, user mean, item mean) + f(score), f isotonic. The means are those of the bias
    model; training items take no part, because their scores are inflated.
    """

    bias: BiasModel
    weights: Floats
    knots: Floats
    values: Floats

    @classmethod
    def fit(cls, bias: BiasModel, queries: Queries, scores: Floats) -> Calibration | None:
        """Fit to validation targets; None where too few of them (under 20) have scores.

        Args:
            scores: `(total,)` of the validation targets; NaN where the model has none of its own.
        """
        from sklearn.isotonic import IsotonicRegression

        used = np.isfinite(scores)
        rating = queries.target.rating
        if rating is None or used.sum() < 20:
            return None
        means = _means(bias, queries)
        weights = np.linalg.lstsq(means, rating, rcond=None)[0]
        rest = rating - means @ weights
        curve = IsotonicRegression(out_of_bounds="clip").fit(scores[used], rest[used])
        knots, values = curve.X_thresholds_, curve.y_thresholds_
        return cls(bias, weights, np.asarray(knots, float), np.asarray(values, float))

    def predict(self, queries: Queries, scores: Floats) -> Floats:
        """Predictions for all targets, `(total,)`, clipped to the scale.

        Targets without a score of their own are predicted by the means alone; items outside the
        catalogue by the bias model.
        """
        lifted = np.interp(np.nan_to_num(scores), self.knots, self.values)
        predicted = _means(self.bias, queries) @ self.weights
        predicted += np.where(np.isfinite(scores), lifted, 0.0)
        outside = ~queries.target.inside(len(self.bias.item))
        predicted = np.where(outside, self.bias.predict(queries), predicted)
        return np.clip(predicted, *self.bias.scale)


def _means(bias: BiasModel, queries: Queries) -> Floats:
    """Regressors of each target: 1, user mean, item mean, `(total, 3)`."""
    target = queries.target
    user = bias.mean + bias.user(queries.history)[target.row]
    item = bias.mean + bias.item_bias(target.item)
    return np.column_stack([np.ones(len(user)), user, item])
