"""Comparison of models by the popularity of the items that they were to find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.evaluation.by_item.item_buckets import MEASURES, buckets_in, item_sums
from lrec.evaluation.resampling import products, resample_counts
from lrec.evaluation.statistics import interval
from lrec.evaluation.summary import SMALLEST_BUCKET

if TYPE_CHECKING:
    import pandas as pd

RESAMPLES = 1_000  # at most: nothing is decided by these intervals


def compare_items(
    models: Sequence[str],
    tables: Sequence[Sequence[pd.DataFrame]],
    groups: Mapping[str, Ints],
    k: int,
    resamples: int,
) -> pd.DataFrame | None:
    """Means over pairs of user and target by item bucket, with bootstrap intervals over users.

    A user is drawn with all of his or her pairs (a cluster); sums are means over seeds. Groups of
    fewer than 30 users are left out.

    Args:
        models: the baseline first.
        tables: user tables of each model's seeds, rows in the same order.
        groups: rows of each group of users.

    Returns:
        A row for each measure, item bucket, group and model: `measure`, `items`, `bucket`, `model`,
        `pairs` (of the exposure: items in lists), `value` with `low` and `high`, `difference` to
        the baseline with `difference_low` and `difference_high`; NaN where there is no pair. None
        where a table has no sums by item bucket.
    """
    import pandas as pd

    names = buckets_in(tables[0][0])
    every = [table for of_model in tables for table in of_model]
    if not names or any(f"{m}_at_{k}/{names[0]}" not in t for m in MEASURES for t in every):
        return None
    # (2, models, users, measures × buckets): numerators, denominators
    sums = np.array([[_sums(table, k) for table in of_model] for of_model in tables]).mean(axis=1)
    sums = np.moveaxis(sums, 1, 0)
    frames = []
    for group, rows in groups.items():
        if len(rows) < SMALLEST_BUCKET:
            continue
        inside = sums[:, :, rows]
        pairs = inside[1].sum(axis=1)
        value = _ratio(inside[0].sum(axis=1), pairs)
        columns = np.moveaxis(inside, 2, 0).reshape(len(rows), -1).astype(np.float32)
        drawn = products(columns, min(resamples, RESAMPLES), 0, resample_counts)
        parts, wholes = np.moveaxis(drawn.reshape(-1, 2, *value.shape), 1, 0).astype(float)
        resampled = _ratio(parts, wholes)
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


def _sums(table: pd.DataFrame, k: int) -> Floats:
    """Numerators and denominators, `(2, users, measures × buckets)`."""
    pairs = [item_sums(table, measure, k) for measure in MEASURES]
    return np.array([np.hstack([pair[side] for pair in pairs]) for side in (0, 1)])


def _ratio(parts: Floats, wholes: Floats) -> Floats:
    ratio = np.full(np.broadcast_shapes(parts.shape, wholes.shape), np.nan)
    np.divide(parts, wholes, out=ratio, where=wholes > 0)
    return ratio


def _interval(resampled: Floats) -> tuple[Floats, Floats]:
    """Bounds of values `(resamples, models, columns)`, each `(models, columns)`."""
    shape = resampled.shape[1:]
    low, high = interval(resampled.reshape(len(resampled), -1))
    return low.reshape(shape), high.reshape(shape)
