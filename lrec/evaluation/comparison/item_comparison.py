"""Comparison of models by the popularity of the items that they were to find."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, nan_mean
from lrec.evaluation.bucket import SMALLEST_BUCKET
from lrec.evaluation.by_item.item_buckets import MEASURES, buckets_in, item_sums
from lrec.evaluation.comparison.clusters import Clusters, Part
from lrec.evaluation.resampling import products, resample_counts
from lrec.evaluation.statistics import interval

if TYPE_CHECKING:
    import pandas as pd

RESAMPLES = 1_000  # at most: nothing is decided by these intervals


def compare_items(
    models: Sequence[str],
    tables: Sequence[Sequence[Sequence[pd.DataFrame]]],
    parts: Sequence[Part],
    groups: Sequence[str],
    k: int,
    resamples: int,
) -> pd.DataFrame | None:
    """Means over pairs of user and target by item bucket, with bootstrap intervals over users.

    A user is drawn with all of his or her pairs (a cluster); sums are means over seeds. Over
    several parts of the data a value is the mean over those parts that have pairs, and a person is
    drawn with the pairs of all of them. Groups of fewer than 30 people are left out.

    Args:
        models: the baseline first.
        tables: of each part, user tables of each model's seeds, rows in the same order.
        parts: of the data, with people and groups of these rows.
        groups: of users, in order.

    Returns:
        A row for each measure, item bucket, group and model: `measure`, `items`, `bucket`, `model`,
        `pairs` of all parts (of the exposure: items in lists), `value` with `low` and `high`,
        `difference` to the baseline with `difference_low` and `difference_high`; NaN where there is
        no pair. None where a table has no sums by item bucket.
    """
    import pandas as pd

    every = [table for of_part in tables for of_model in of_part for table in of_model]
    names = [name for name in buckets_in(every[0]) if all(name in buckets_in(t) for t in every)]
    if not names or any(f"{m}_at_{k}/{names[0]}" not in t for m in MEASURES for t in every):
        return None
    sums = [
        np.array([[_sums(t, k, names) for t in of_model] for of_model in of_part]).mean(axis=1)
        for of_part in tables
    ]  # of each part, (models, 2, users, measures × buckets): numerators, denominators
    frames = []
    for group in groups:
        there = [index for index, part in enumerate(parts) if group in part.groups]
        rows = [parts[index].groups[group] for index in there]
        people = Clusters.of([parts[i].persons[own] for i, own in zip(there, rows, strict=True)])
        if people.n < SMALLEST_BUCKET:
            continue
        inside = [sums[index][:, :, own] for index, own in zip(there, rows, strict=True)]
        totals = np.array([own.sum(axis=2) for own in inside])
        value, pairs = _ratio(totals), totals[:, :, 1].sum(axis=0)
        columns = np.zeros((people.n, *totals.shape), np.float32)
        for place, (users, own) in enumerate(zip(people.rows, inside, strict=True)):
            columns[users, place] = np.moveaxis(own, 2, 0)
        columns = columns.reshape(people.n, -1)
        drawn = products(columns, min(resamples, RESAMPLES), 0, resample_counts)
        resampled = _ratio(drawn.reshape(-1, *totals.shape).astype(float))
        low, high = _interval(resampled)
        further = _interval(resampled - resampled[:, :1])
        below = np.arange(len(models))[:, None] > 0  # the baseline has no difference to itself
        bounds = [np.where(below, bound, np.nan) for bound in (value - value[:1], *further)]
        frames.append(
            pd.DataFrame(
                {
                    "measure": np.tile(np.repeat(_columns(k), len(names)), len(models)),
                    "items": np.tile(names, len(models) * len(MEASURES)),
                    "bucket": group,
                    "model": np.repeat(list(models), len(names) * len(MEASURES)),
                    "pairs": pairs.ravel(),
                    "value": value.ravel(),
                    "low": low.ravel(),
                    "high": high.ravel(),
                    "difference": bounds[0].ravel(),
                    "difference_low": bounds[1].ravel(),
                    "difference_high": bounds[2].ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True) if frames else None


def _columns(k: int) -> list[str]:
    return [f"{measure}_at_{k}" for measure in MEASURES]


def _sums(table: pd.DataFrame, k: int, names: Sequence[str]) -> Floats:
    """Numerators and denominators, `(2, users, measures × buckets)`."""
    pairs = [item_sums(table, measure, k, names) for measure in MEASURES]
    return np.array([np.hstack([pair[side] for pair in pairs]) for side in (0, 1)])


def _ratio(sums: Floats) -> Floats:
    """Means over parts of ratios, `(…, models, columns)` of `(…, parts, models, 2, columns)`."""
    parts, wholes = sums[..., 0, :], sums[..., 1, :]
    ratio = np.full(parts.shape, np.nan)
    np.divide(parts, wholes, out=ratio, where=wholes > 0)
    return nan_mean(np.moveaxis(ratio, -3, 0), axis=0)


def _interval(resampled: Floats) -> tuple[Floats, Floats]:
    """Bounds of values `(resamples, models, columns)`, each `(models, columns)`."""
    shape = resampled.shape[1:]
    low, high = interval(resampled.reshape(len(resampled), -1))
    return low.reshape(shape), high.reshape(shape)
