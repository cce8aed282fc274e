"""Mean squared error of predicted ratings."""

from __future__ import annotations

from lrec.base.arrays import Floats, Ints, mean_by_row
from lrec.evaluation.metric import RatingMetric


class MSE(RatingMetric):
    """Mean over a user's held-out ratings of (prediction - rating)²."""

    name = "mse"

    def __call__(self, error: Floats, row: Ints, n: int) -> Floats:
        return mean_by_row(error**2, row, n)
