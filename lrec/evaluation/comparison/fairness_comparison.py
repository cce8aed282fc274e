"""Comparison of models by how far groups of users lie apart under each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, nan_mean
from lrec.base.sets import unique
from lrec.evaluation.bucket import SMALLEST_BUCKET
from lrec.evaluation.comparison.clusters import Clusters, Part
from lrec.evaluation.group_fairness import (
    MEASURES,
    RESAMPLES,
    Fairness,
    fairness_of,
    group_fairness,
)
from lrec.evaluation.statistics import bootstrap, interval

if TYPE_CHECKING:
    import pandas as pd


def compare_fairness(
    models: Sequence[str],
    parts: Sequence[Part],
    directions: Mapping[str, int],
    bucketings: Mapping[str, Sequence[str]],
    resamples: int,
) -> pd.DataFrame:
    """Largest and mean absolute difference between groups, and ratio of worst to best, by model.

    Differences to the baseline are of the same bootstrap samples of users. Over several parts of
    the data the mean of a group is the mean over parts, and samples are of people, who are in each
    sample with all of their parts.

    Args:
        models: the baseline first.
        parts: of the data.
        directions: of the metrics, in order.
        bucketings: name of a bucketing -> its buckets.

    Returns:
        A row for each bucketing, metric, measure and model that has a value: `bucketing`, `metric`,
        `measure`, `model`, `value` with `low` and `high`, `by_chance`, `difference` to the baseline
        with `difference_low` and `difference_high`.
    """
    import pandas as pd

    n_models, n_metrics = len(models), len(directions)
    shape = (len(MEASURES), n_models, n_metrics)
    values = [part.values.mean(axis=1) for part in parts]  # over seeds
    kinds, count = list(directions.values()) * n_models, min(resamples, RESAMPLES)
    frames = []
    for bucketing, buckets in bucketings.items():
        if len(parts) > 1:
            found = _over_parts(values, parts, buckets, kinds, count)
        else:
            columns = np.moveaxis(values[0], 0, 1).reshape(values[0].shape[1], -1)
            groups = [parts[0].groups[b] for b in buckets if b in parts[0].groups]
            found = group_fairness(columns, groups, kinds, count)
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


def _over_parts(
    values: Sequence[Floats],
    parts: Sequence[Part],
    buckets: Sequence[str],
    directions: Sequence[int],
    resamples: int,
) -> Fairness:
    """Distances between the means over parts of groups, which a person may change with the part.

    Args:
        values: of each part, `(models, users, metrics)`.
        directions: `(models × metrics,)`.
    """
    n = 1 + max(int(part.persons.max(initial=-1)) for part in parts)
    means, resampled = [], []
    for model in range(len(values[0])):  # by itself, of the same samples: all would fill memory
        scores = np.full((n, len(buckets), values[0].shape[2]), np.nan)
        for place, bucket in enumerate(buckets):
            there = [index for index, part in enumerate(parts) if bucket in part.groups]
            rows = [parts[index].groups[bucket] for index in there]
            persons = [parts[i].persons[own] for i, own in zip(there, rows, strict=True)]
            if not there:
                continue
            own = [values[i][model, users] for i, users in zip(there, rows, strict=True)]
            of_group, _ = Clusters.of(persons).scores(own)
            is_large = (~np.isnan(of_group)).sum(axis=0) >= SMALLEST_BUCKET
            of_group[:, ~is_large] = np.nan
            scores[unique(np.concatenate(persons)), place] = of_group
        means.append(nan_mean(scores, axis=0))
        drawn = bootstrap(scores.reshape(n, -1), resamples)
        resampled.append(np.moveaxis(drawn.reshape(resamples, *scores.shape[1:]), 1, 0))
    overall = np.array([nan_mean(np.moveaxis(own, 1, 0), axis=0).ravel() for own in values])
    return fairness_of(
        np.concatenate(means, axis=-1),
        np.concatenate(resampled, axis=-1),
        nan_mean(overall, axis=0),
        directions,
    )
