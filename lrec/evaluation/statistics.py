"""Paired statistics over users: bootstrap, sign flips, Holm, power. Arrays in, arrays out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lrec.base.arrays import Floats, nan_mean
from lrec.evaluation.resampling import kept_signs, products, resample_counts

LEVEL = 0.95  # of intervals
POWER = 0.8  # of the detectable difference


@dataclass(frozen=True)
class Paired:
    """Statistics of paired differences, one entry a column, each `(m,)` float64.

    Attributes:
        n: users for whom the difference is defined.
        mean: of the differences; `low` and `high` bound it by the paired bootstrap over users.
        p: two-sided, of sign flips: frequency of a mean as far from 0 under the null hypothesis.
        effect_size: Cohen's d of the differences, mean over standard deviation; NaN without spread.
        detectable: smallest difference that a test of as many users detects with a power of 80 %.
    """

    n: Floats
    mean: Floats
    low: Floats
    high: Floats
    p: Floats
    effect_size: Floats
    detectable: Floats


def paired(
    differences: Floats,
    resamples: int,
    seed: int = 0,
    resampled: Floats | None = None,
    flipped: Floats | None = None,
) -> Paired:
    """Statistics of the columns of `differences`, `(users, m)`; NaN where one is not defined.

    Args:
        resampled: their `bootstrap`, where it is known.
        flipped: `(users, m)` of the same means, whose signs are flipped instead of theirs.

    >>> gains = np.array([[0.2], [0.0], [0.1], [0.1], [np.nan]])
    >>> result = paired(gains, resamples=1000)
    >>> print(f"{result.mean[0]:.2f} over {result.n[0]:.0f} users")
    0.10 over 4 users
    """
    defined = ~np.isnan(differences)
    n = defined.sum(axis=0).astype(float)
    mean = nan_mean(differences, axis=0)
    if resampled is None:
        resampled = bootstrap(differences, resamples, seed)
    low, high = interval(resampled)
    squares = np.where(defined, differences - mean, 0) ** 2
    spread = np.sqrt(squares.sum(axis=0) / np.where(n > 1, n - 1, np.nan))
    effect = np.full(len(mean), np.nan)
    np.divide(mean, spread, out=effect, where=spread > 0)
    return Paired(
        n=n,
        mean=mean,
        low=low,
        high=high,
        p=sign_flips(differences if flipped is None else flipped, resamples, seed),
        effect_size=effect,
        detectable=spread * np.array([detectable_effect(int(count)) for count in n]),
    )


def bootstrap(values: Floats, resamples: int, seed: int = 0) -> Floats:
    """Means of the columns over resamples of the users, with replacement (Efron 1979).

    Args:
        values: `(users, m)`; NaN values are left out of the mean of their column.

    Returns:
        `(resamples, m)` float64. All columns of a row are means over the same users, so that any
        function of several columns has its interval too.
    """
    known = ~np.isnan(values)
    some = np.flatnonzero(~known.all(axis=0))  # incomplete columns
    columns = np.hstack([np.where(known, values, 0), known[:, some]]).astype(np.float32)
    sums = products(columns, resamples, seed, resample_counts)
    counts = sums[:, values.shape[1] :].astype(np.float64)
    counts[counts == 0] = np.nan
    means = sums[:, : values.shape[1]].astype(np.float64)
    incomplete = means[:, some] / counts
    means /= len(values)
    means[:, some] = incomplete
    return means


def interval(resampled: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Percentile bounds of the columns of a bootstrap, each `(m,)`; NaN for an empty column."""
    tail = 50 * (1 - level)
    empty = np.isnan(resampled).all(axis=0)
    bounds = np.full((2, resampled.shape[1]), np.nan)
    if not empty.all():
        percentile = np.nanpercentile if np.isnan(resampled).any() else np.percentile
        bounds[:, ~empty] = percentile(resampled[:, ~empty], [tail, 100 - tail], axis=0)
    return bounds[0], bounds[1]


def sign_flips(differences: Floats, resamples: int, seed: int = 0) -> Floats:
    """Two-sided p of each column by paired permutation: swapping two models flips a user's sign.

    p = (1 + flips with a sum as far from 0) / (1 + flips) (Phipson and Smyth 2010).

    Args:
        differences: `(users, m)`; NaN where one is not defined.

    Returns:
        `(m,)`; NaN for a column without users.
    """
    columns = np.nan_to_num(differences).astype(np.float32)
    total = columns.sum(axis=0, dtype=np.float64)
    # The sum over users with their own sign, less that over users with the opposite one.
    sums = 2 * products(columns, resamples, seed, kept_signs) - total
    # Sums that are equal but for rounding are equal.
    bound = np.abs(total) - 1e-6 * np.abs(columns).sum(axis=0, dtype=np.float64) - 1e-9
    p = (1 + (np.abs(sums) >= bound).sum(axis=0)) / (1 + resamples)
    return np.where(np.isnan(differences).all(axis=0), np.nan, p)


def holm(p: Floats) -> Floats:
    """Holm's (1979) step-down correction of `(m,)` p-values; NaN stays NaN and does not count.

    >>> holm(np.array([0.04, 0.01, np.nan])).tolist()
    [0.04, 0.02, nan]
    """
    corrected = np.full(p.shape, np.nan)
    tests = np.flatnonzero(~np.isnan(p))
    order = tests[np.argsort(p[tests], kind="stable")]
    steps = p[order] * (len(order) - np.arange(len(order)))
    corrected[order] = np.maximum.accumulate(steps).clip(max=1)
    return corrected


@lru_cache
def detectable_effect(n: int, power: float = POWER, level: float = LEVEL) -> float:
    """Smallest |d| that a paired t-test of n differences detects with this power; NaN below 2.

    Solved on the noncentral t distribution (Cohen 1988).
    """
    from scipy.optimize import brentq
    from scipy.special import nctdtr, stdtrit  # `scipy.stats` takes most of a second to import

    if n < 2:
        return float("nan")
    bound = stdtrit(n - 1, (1 + level) / 2)

    def excess_power(d: float) -> float:
        shift = d * np.sqrt(n)
        # scipy gives NaN for the probability of a far tail, which is 0
        wrong_side = np.nan_to_num(nctdtr(n - 1, shift, -bound))
        return float(nctdtr(n - 1, -shift, -bound) + wrong_side) - power

    return float(brentq(excess_power, 0, (1.5 * bound + 4) / np.sqrt(n)))
