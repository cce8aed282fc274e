"""Group fairness: how far the means of several groups of users lie apart, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, nan_mean
from lrec.evaluation.bucket import SMALLEST_BUCKET
from lrec.evaluation.statistics import bootstrap, interval

if TYPE_CHECKING:
    import pandas as pd

DIFFERENCE, MEAN_DIFFERENCE, RATIO = "difference", "mean_difference", "ratio"
MEASURES = (DIFFERENCE, MEAN_DIFFERENCE, RATIO)
PREFIX = "fairness"  # of the names of metrics
RESAMPLES = 1_000


@dataclass(frozen=True)
class Fairness:
    """Distances between groups of users by several columns of metrics.

    Attributes:
        value: `(3, m)`, a row for each of `MEASURES`; NaN where there are no two groups, and for
            the ratio of a metric without a better side or whose best value is 0.
        resampled: `(3, resamples, m)`, the same of bootstrap samples of the users.
        by_chance: `(3, m)`, their means over samples of groups that all have the mean of all users:
            groups of finite size seem to lie apart even then.
    """

    value: Floats
    resampled: Floats
    by_chance: Floats

    def bounds(self) -> tuple[Floats, Floats]:
        """The 95 % intervals, each `(3, m)`."""
        low, high = zip(*(interval(resampled) for resampled in self.resampled), strict=True)
        return np.array(low), np.array(high)


def group_fairness(
    values: Floats,
    groups: Sequence[Ints],
    directions: Sequence[int],
    resamples: int = RESAMPLES,
) -> Fairness:
    """Compare the means of groups: largest difference, mean absolute difference over pairs, ratio.

    The ratio is the worst group's mean over the best one's: below 1 where more is better, above 1
    where less is. Groups of fewer than 30 users with a value are left out. Samples are drawn within
    each group, whose size is kept.

    Args:
        values: `(users, m)`; NaN where one is not defined.
        groups: rows of each group.
        directions: `(m,)`, 1 where more is better, -1 where less is, 0 where neither is.

    >>> column = np.repeat([0.1, 0.2, 0.4], 30)[:, None]
    >>> found = group_fairness(column, np.arange(90).reshape(3, 30), [1])
    >>> found.value.ravel().round(3).tolist()
    [0.3, 0.2, 0.25]
    """
    m = values.shape[1]
    means, resampled = np.full((len(groups), m), np.nan), np.full((len(groups), resamples, m), 0.0)
    for place, rows in enumerate(groups):
        own = values[rows]
        is_large = (~np.isnan(own)).sum(axis=0) >= SMALLEST_BUCKET
        resampled[place] = np.nan
        if is_large.any():
            means[place, is_large] = np.nanmean(own[:, is_large], axis=0)
            resampled[place][:, is_large] = bootstrap(own[:, is_large], resamples, seed=place)
    return fairness_of(means, resampled, nan_mean(values, axis=0), directions)


def fairness_of(
    means: Floats, resampled: Floats, overall: Floats, directions: Sequence[int]
) -> Fairness:
    """The distances between groups by their means.

    Args:
        means: `(groups, m)`; NaN where a group takes no part.
        resampled: `(groups, resamples, m)`, the same of bootstrap samples.
        overall: `(m,)` means of all users, which groups that are alike would have.
        directions: `(m,)`, as `group_fairness` has them.
    """
    kinds = np.array(directions)
    alike = _distances(resampled - means[:, None] + overall, kinds)
    return Fairness(
        value=_distances(means[:, None], kinds)[:, 0],
        resampled=_distances(resampled, kinds),
        by_chance=nan_mean(alike, axis=1),
    )


def _distances(means: Floats, directions: Ints) -> Floats:
    """Each of `MEASURES`, `(3, samples, m)`, of means `(groups, samples, m)`."""
    distances = np.full((len(MEASURES), *means.shape[1:]), np.nan)
    present: Bools = np.logical_not(np.isnan(means).all(axis=1))  # (groups, m)
    for column, direction in enumerate(directions.tolist()):
        own = np.sort(means[present[:, column], :, column], axis=0)  # the lowest mean first
        count = len(own)
        if count < 2:
            continue
        low, high = own[0], own[-1]
        signs = 2 * np.arange(count) - count + 1  # of each mean in the sum over pairs
        distances[0, :, column] = high - low
        distances[1, :, column] = signs @ own / (count * (count - 1) / 2)
        if direction:
            worst, best = (low, high) if direction > 0 else (high, low)
            np.divide(worst, best, out=distances[2, :, column], where=(low >= 0) & (best > 0))
    return distances


def fairness_metrics(
    table: pd.DataFrame, directions: Mapping[str, int], groups: Mapping[str, Ints], bucketing: str
) -> dict[str, float]:
    """Fairness of every column of a user table between the groups of one bucketing.

    Args:
        directions: of the columns of metrics by user.
        groups: rows of each group.

    Returns:
        `fairness/<measure>/<column>/<bucketing>`, with the bounds of its 95 % interval as
        `<measure>_low` and `<measure>_high`, and what chance alone makes of groups of these sizes
        as `<measure>_by_chance`; left out where there is none.
    """
    columns = [column for column in directions if column in table]
    if not columns:
        return {}
    found = group_fairness(
        table[columns].to_numpy(float),
        list(groups.values()),
        [directions[column] for column in columns],
    )
    low, high = found.bounds()
    arrays = {"": found.value, "_low": low, "_high": high, "_by_chance": found.by_chance}
    values = {
        f"{PREFIX}/{measure}{suffix}/{column}/{bucketing}": float(array[row, place])
        for suffix, array in arrays.items()
        for row, measure in enumerate(MEASURES)
        for place, column in enumerate(columns)
    }
    return {key: value for key, value in values.items() if not np.isnan(value)}
