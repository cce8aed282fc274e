"""Metrics of every bucket, aggregated from the user table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, Ints, mean_of_defined
from lrec.evaluation.bucket import ALL, COLD, SMALLEST_BUCKET, Buckets
from lrec.evaluation.by_item.item_buckets import item_metrics
from lrec.evaluation.group_fairness import fairness_metrics
from lrec.evaluation.metric import Metric, RatingMetric, SetMetric
from lrec.evaluation.user_table import NOBODY, rows_by_group

if TYPE_CHECKING:
    import pandas as pd

SUBSAMPLES = 20


def summarise(
    table: pd.DataFrame,
    metrics: Mapping[str, Metric],
    ks: Sequence[int],
    n_items: int,
    buckets: Sequence[Buckets],
    sets: bool = True,
) -> dict[str, float]:
    """Aggregate every metric for every bucket, `<metric>/<bucket>`, with gaps and worst buckets.

    Per-user metrics are means over the users for whom they are defined. Set metrics come raw and,
    as `<metric>_sub`, over equal-sized random subsamples of the buckets of one bucketing. Metrics
    by item bucket, `<metric>/<item bucket>/<bucket>`, are means over pairs of user and target.
    Distances between groups, `fairness/…`, are given for bucketings that ask for them.

    Args:
        sets: compute set metrics and distances between groups (validation during training does
            without).
    """
    names = [ALL, *(name for bucket in buckets for name in (*bucket.names, COLD))]
    there = rows_by_group(table, names)
    groups = {name: there.get(name, NOBODY) for name in dict.fromkeys(names)}
    values: dict[str, float] = {f"users/{name}": float(len(g)) for name, g in groups.items()}
    values |= {
        f"test_items/{name}": float(table["n_targets"].to_numpy()[g].sum())
        for name, g in groups.items()
    }
    directions: dict[str, int] = {}
    for name, metric in metrics.items():
        for full in [name] if isinstance(metric, RatingMetric) else [f"{name}_at_{k}" for k in ks]:
            if full in table:
                directions[full] = metric.direction
                values |= _means(full, table[full].to_numpy(), groups)
        if isinstance(metric, RatingMetric) and name in table:
            directions[f"{name}_pooled"] = metric.direction
            values |= _pooled(name, metric, table, groups)
    of_users = {name: direction for name, direction in directions.items() if name in table}
    set_metrics = {n: m for n, m in metrics.items() if isinstance(m, SetMetric)}
    if set_metrics and sets and len(table):
        directions |= {
            f"{name}_sub_at_{k}": metric.direction
            for name, metric in set_metrics.items()
            for k in ks
        }
        lists = np.concatenate(table["items"].to_list()).reshape(len(table), -1)
        for group, rows in groups.items():
            if len(rows):
                found = _sets(set_metrics, ks, lists[rows], n_items)
                values |= {f"{name}_at_{k}/{group}": v for (name, k), v in found.items()}
        for bucket in reversed(buckets):  # of the cold users, who are in all, the first one's count
            values |= _subsamples(set_metrics, ks, lists, n_items, groups, bucket)
    values |= item_metrics(table, ks, groups)
    if sets:
        for bucket in (bucket for bucket in buckets if bucket.fairness):
            compared = {name: groups[name] for name in bucket.names}
            values |= fairness_metrics(table, of_users, compared, bucket.bucketing)
    if buckets:
        values |= _contrasts(values, directions, buckets[0])
    return values


def _means(name: str, column: Floats, groups: Mapping[str, Ints]) -> dict[str, float]:
    means = {f"{name}/{group}": mean_of_defined(column[rows]) for group, rows in groups.items()}
    return {key: mean for key, mean in means.items() if not np.isnan(mean)}


def _pooled(
    name: str, metric: RatingMetric, table: pd.DataFrame, groups: Mapping[str, Ints]
) -> dict[str, float]:
    column, weights = table[name].to_numpy(), table["n_ratings"].to_numpy()
    return {
        f"{name}_pooled/{group}": metric.pool(column[rows], weights[rows])
        for group, rows in groups.items()
        if weights[rows].any()
    }


def _sets(
    metrics: Mapping[str, SetMetric], ks: Sequence[int], lists: Ints, n_items: int
) -> dict[tuple[str, int], float]:
    """Every set metric at every k of one group's lists."""
    return {
        (name, k): metric(lists[:, :k], n_items) for k in ks for name, metric in metrics.items()
    }


def _subsamples(
    metrics: Mapping[str, SetMetric],
    ks: Sequence[int],
    lists: Ints,
    n_items: int,
    groups: Mapping[str, Ints],
    bucket: Buckets,
) -> dict[str, float]:
    """Means over equal-sized samples without replacement: only these compare between buckets."""
    sizes = {name: len(groups[name]) for name in (*bucket.names, COLD)}
    large = {name: size for name, size in sizes.items() if size >= SMALLEST_BUCKET}
    means = {}
    for group in large:
        generator = np.random.default_rng(0)
        samples = [
            _sets(metrics, ks, lists[generator.choice(groups[group], size, replace=False)], n_items)
            for size in [min(large.values())] * SUBSAMPLES
        ]
        for name, k in samples[0]:
            mean = float(np.mean([sample[name, k] for sample in samples]))
            means[f"{name}_sub_at_{k}/{group}"] = mean
    return means


def _contrasts(
    values: Mapping[str, float], directions: Mapping[str, int], bucket: Buckets
) -> dict[str, float]:
    """gap = last bucket minus first (head minus tail); worst = least favourable large bucket."""
    first, last = bucket.names[0], bucket.names[-1]
    contrasts = {}
    for name, direction in directions.items():
        low, high = values.get(f"{name}/{first}"), values.get(f"{name}/{last}")
        if bucket.ordered and low is not None and high is not None:
            contrasts[f"gap/{name}"] = high - low
        large = [
            values[f"{name}/{group}"]
            for group in bucket.names
            if values[f"users/{group}"] >= SMALLEST_BUCKET and f"{name}/{group}" in values
        ]
        if direction and large:
            contrasts[f"worst/{name}"] = min(large) if direction > 0 else max(large)
    return contrasts
