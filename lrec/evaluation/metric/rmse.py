"""Root mean squared error of predicted ratings."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats, Ints, mean_by_row
from lrec.evaluation.metric import RatingMetric


class RMSE(RatingMetric):
    """rmse = √(mean over a user's held-out ratings of (prediction - rating)²)."""

    name = "rmse"

    def __call__(self, error: Floats, row: Ints, n: int) -> Floats:
        return np.sqrt(mean_by_row(error**2, row, n))

    def pool(self, values: Floats, weights: Ints) -> float:
        return float(np.sqrt(super().pool(values**2, weights)))
