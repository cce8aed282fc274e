"""Calibration of scores to ratings: a monotone map, fitted on validation ratings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Floats
from lrec.data.queries import Queries
from lrec.evaluation.isotonic import isotonic_knots
from lrec.model.common.bias import BiasModel


@dataclass(frozen=True)
class ScoreCalibration:
    """A monotone map from scores to ratings, fitted on validation ratings.

    rating ≈ w · (1, user mean, item mean) + f(score), f isotonic. The means are those of the bias
    model; training items are left out, because their scores are inflated.
    """

    bias: BiasModel
    weights: Floats
    knots: Floats
    values: Floats

    @classmethod
    def fit(cls, bias: BiasModel, queries: Queries, scores: Floats) -> ScoreCalibration | None:
        """Fit to validation targets; None where too few of them (under 20) have scores.

        Args:
            scores: `(total,)` of the validation targets; NaN where the model has none.
        """
        scored = np.isfinite(scores)
        rating = queries.target.rating
        if rating is None or scored.sum() < 20:
            return None
        regressors = _regressors(bias, queries)
        weights = np.linalg.lstsq(regressors, rating, rcond=None)[0]
        residuals = rating - regressors @ weights
        knots, values = isotonic_knots(scores[scored], residuals[scored])
        return cls(bias, weights, np.asarray(knots, float), np.asarray(values, float))

    def predict(self, queries: Queries, scores: Floats) -> Floats:
        """Predictions for all targets, `(total,)`, clipped to the scale.

        Targets without a score of their own are predicted by the means alone; items outside the
        catalogue by the bias model.
        """
        offsets = np.interp(np.nan_to_num(scores), self.knots, self.values)
        predicted = _regressors(self.bias, queries) @ self.weights
        predicted += np.where(np.isfinite(scores), offsets, 0.0)
        outside = ~queries.target.inside(len(self.bias.item))
        predicted = np.where(outside, self.bias.predict(queries), predicted)
        return np.clip(predicted, *self.bias.scale)


def _regressors(bias: BiasModel, queries: Queries) -> Floats:
    """Regressors of each target: 1, user mean, item mean, `(total, 3)`."""
    target = queries.target
    user = bias.mean + bias.user(queries.history)[target.row]
    item = bias.mean + bias.item_bias(target.item)
    return np.column_stack([np.ones(len(user)), user, item])
