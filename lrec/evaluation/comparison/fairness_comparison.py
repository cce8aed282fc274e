"""Comparison of models by how far groups of users lie apart under each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.evaluation.group_fairness import MEASURES, RESAMPLES, group_fairness
from lrec.evaluation.statistics import interval

if TYPE_CHECKING:
    import pandas as pd


def compare_fairness(
    models: Sequence[str],
    values: Floats,
    directions: Mapping[str, int],
    bucketings: Mapping[str, Sequence[str]],
    groups: Mapping[str, Ints],
    resamples: int,
) -> pd.DataFrame:
    """Largest and mean absolute difference between groups, and ratio of worst to best, by model.

    Differences to the baseline are of the same bootstrap samples of users.

    Args:
        models: the baseline first.
        values: `(models, users, metrics)`, means over seeds.
        directions: of the metrics, in order.
        bucketings: name of a bucketing -> its buckets.
        groups: rows of each bucket that has users.

    Returns:
        A row for each bucketing, metric, measure and model that has a value: `bucketing`, `metric`,
        `measure`, `model`, `value` with `low` and `high`, `by_chance`, `difference` to the baseline
        with `difference_low` and `difference_high`.
    """
    import pandas as pd

    n_models, n_users, n_metrics = values.shape
    columns = np.moveaxis(values, 0, 1).reshape(n_users, -1)
    shape = (len(MEASURES), n_models, n_metrics)
    frames = []
    for bucketing, buckets in bucketings.items():
        found = group_fairness(
            columns,
            [groups[bucket] for bucket in buckets if bucket in groups],
            list(directions.values()) * n_models,
            min(resamples, RESAMPLES),
        )
        value = found.value.reshape(shape)
        drawn = found.resampled.reshape(len(MEASURES), -1, n_models, n_metrics)
        low, high = found.bounds()
        further = drawn - drawn[:, :, :1]
        bounds = interval(np.moveaxis(further, 1, 0).reshape(drawn.shape[1], -1))
        is_base = np.arange(n_models)[:, None] == 0  # which has no difference to itself
        frames.append(
            pd.DataFrame(
                {
                    "bucketing": bucketing,
                    "metric": np.tile(list(directions), len(MEASURES) * n_models),
                    "measure": np.repeat(MEASURES, n_models * n_metrics),
                    "model": np.tile(np.repeat(list(models), n_metrics), len(MEASURES)),
                    "value": value.ravel(),
                    "low": low.ravel(),
                    "high": high.ravel(),
                    "by_chance": found.by_chance.ravel(),
                    "difference": np.where(is_base, np.nan, value - value[:, :1]).ravel(),
                    "difference_low": np.where(is_base, np.nan, bounds[0].reshape(shape)).ravel(),
                    "difference_high": np.where(is_base, np.nan, bounds[1].reshape(shape)).ravel(),
                }
            ).dropna(subset="value")
        )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
