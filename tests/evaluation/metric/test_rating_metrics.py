"""Errors of predicted ratings against their formulas in plain Python, per user and pooled."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from lrec.evaluation.metric import RatingMetric
from lrec.evaluation.metric.mae import MAE
from lrec.evaluation.metric.mse import MSE
from lrec.evaluation.metric.rmse import RMSE


def assert_close(received: object, expected: object) -> None:
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-12)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def mse(errors: Sequence[float]) -> float:
    return mean([error * error for error in errors])


def rmse(errors: Sequence[float]) -> float:
    return math.sqrt(mse(errors))


def mae(errors: Sequence[float]) -> float:
    return mean([abs(error) for error in errors])


RATING = [
    pytest.param(metric, formula, id=metric.__name__)
    for metric, formula in ((MSE, mse), (RMSE, rmse), (MAE, mae))
]


def random_errors(seed: int) -> list[list[float]]:
    generator = np.random.default_rng(seed)
    return [generator.normal(size=generator.integers(0, 6)).tolist() for _ in range(12)]


def by_user(metric: RatingMetric, errors: list[list[float]]) -> np.ndarray:
    row = np.repeat(np.arange(len(errors)), [len(own) for own in errors])
    return metric(np.array([e for own in errors for e in own]), row, len(errors))


@pytest.mark.parametrize(("metric", "formula"), RATING)
def test_rating_errors_of_each_user_and_pooled(
    metric: type[RatingMetric], formula: Callable[[Sequence[float]], float]
) -> None:
    for errors in ([[1.0, -3.0], [], [2.0]], *map(random_errors, range(4))):
        values = by_user(metric(), errors)
        assert_close(values, [formula(own) for own in errors])
        pooled = metric().pool(values, np.array([len(own) for own in errors]))
        assert_close(pooled, formula([e for own in errors for e in own]))


def test_pooling_weighs_ratings_and_the_mean_weighs_users() -> None:
    errors = [[0.0, 0.0, 0.0], [4.0]]
    values = by_user(MSE(), errors)
    assert values.mean() == 8
    assert MSE().pool(values, np.array([3, 1])) == 4
    assert RMSE().pool(by_user(RMSE(), errors), np.array([3, 1])) == 2
