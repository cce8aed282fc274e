"""Mean absolute error of predicted ratings."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats, Ints, mean_by_row
from lrec.evaluation.metric import RatingMetric


class MAE(RatingMetric):
    """Mean over a user's held-out ratings of |prediction - rating|."""

    name = "mae"

    def __call__(self, error: Floats, row: Ints, n: int) -> Floats:
        return mean_by_row(np.abs(error), row, n)
