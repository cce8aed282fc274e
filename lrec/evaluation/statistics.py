"""Paired statistics over users: bootstrap, sign flips, Holm, power. Arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from lrec.base.arrays import Floats

LEVEL = 0.95  # of intervals
POWER = 0.8  # of the detectable difference
BLOCK = 2**23  # weights held at once by a thread: 32 MB of float32
THREADS = 2
Weigh = Callable[[np.random.Generator, int, int], Floats]


@dataclass(frozen=True)
class Paired:
    """What paired differences tell, one entry a column, each `(m,)` float64.

    Attributes:
        n: users for whom the difference is defined.
        mean: of the differences; `low` and `high` bound it by the paired bootstrap over users.
        p: of sign flips, two-sided: how often chance alone gives a mean as far from 0.
        effect_size: Cohen's d of the differences, mean over standard deviation; NaN without spread.
        detectable: the smallest difference that so many users show in 80 % of experiments.
    """

    n: Floats
    mean: Floats
    low: Floats
    high: Floats
    p: Floats
    effect_size: Floats
    detectable: Floats


def paired(differences: Floats, resamples: int, seed: int = 0) -> Paired:
    """Statistics of the columns of `differences`, `(users, m)`; NaN where it is not defined."""
    defined = ~np.isnan(differences)
    n = defined.sum(axis=0).astype(float)
    mean = means(differences)
    low, high = interval(bootstrap(differences, resamples, seed))
    squares = np.where(defined, differences - mean, 0) ** 2
    spread = np.sqrt(squares.sum(axis=0) / np.where(n > 1, n - 1, np.nan))
    effect = np.full(len(mean), np.nan)
    np.divide(mean, spread, out=effect, where=spread > 0)
    return Paired(
        n=n,
        mean=mean,
        low=low,
        high=high,
        p=sign_flips(differences, resamples, seed),
        effect_size=effect,
        detectable=spread * np.array([detectable_effect(int(count)) for count in n]),
    )


def means(values: Floats) -> Floats:
    """Mean of each column over the rows where it is defined; NaN for a column without any."""
    defined = ~np.isnan(values)
    mean = np.full(values.shape[1], np.nan)
    total = np.where(defined, values, 0).sum(axis=0)
    np.divide(total, defined.sum(axis=0), out=mean, where=defined.any(axis=0))
    return mean


def bootstrap(values: Floats, resamples: int, seed: int = 0) -> Floats:
    """Means of the columns over users drawn again with replacement (Efron 1979).

    Args:
        values: `(users, m)`; where one is NaN, its column's mean is over the other users drawn.

    Returns:
        `(resamples, m)` float64. All columns of a row come from the same users, so that any
        function of several columns has its interval too.
    """
    defined = ~np.isnan(values)
    holed = np.flatnonzero(~defined.all(axis=0))
    columns = np.hstack([np.where(defined, values, 0), defined[:, holed]]).astype(np.float32)
    sums = _products(columns, resamples, seed, _drawn_again).astype(np.float64)
    counts = np.full((resamples, values.shape[1]), float(len(values)))
    counts[:, holed] = sums[:, values.shape[1] :]
    drawn = np.full(counts.shape, np.nan)
    np.divide(sums[:, : values.shape[1]], counts, out=drawn, where=counts > 0)
    return drawn


def interval(drawn: Floats, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Percentile bounds of the columns of a bootstrap, each `(m,)`; NaN for an empty column."""
    tail = 50 * (1 - level)
    empty = np.isnan(drawn).all(axis=0)
    bounds = np.full((2, drawn.shape[1]), np.nan)
    if not empty.all():
        percentile = np.nanpercentile if np.isnan(drawn).any() else np.percentile
        bounds[:, ~empty] = percentile(drawn[:, ~empty], [tail, 100 - tail], axis=0)
    return bounds[0], bounds[1]


def sign_flips(differences: Floats, resamples: int, seed: int = 0) -> Floats:
    """Two-sided p of each column by paired permutation: swapping two models flips a user's sign.

    p = (1 + flips with a sum as far from 0) / (1 + flips) (Phipson and Smyth 2010).

    Args:
        differences: `(users, m)`; NaN where it is not defined.

    Returns:
        `(m,)`; NaN for a column without users.
    """
    columns = np.nan_to_num(differences).astype(np.float32)
    total = columns.sum(axis=0, dtype=np.float64)
    # Those who keep their sign, less those who do not.
    sums = 2 * _products(columns, resamples, seed, _kept) - total
    # Sums that are equal but for rounding are equal.
    bound = np.abs(total) - 1e-6 * np.abs(columns).sum(axis=0, dtype=np.float64) - 1e-9
    p = (1 + (np.abs(sums) >= bound).sum(axis=0)) / (1 + resamples)
    return np.where(np.isnan(differences).all(axis=0), np.nan, p)


def holm(p: Floats) -> Floats:
    """Holm's (1979) step-down correction of `(m,)` p-values; NaN stays NaN and does not count."""
    corrected = np.full(p.shape, np.nan)
    given = np.flatnonzero(~np.isnan(p))
    order = given[np.argsort(p[given], kind="stable")]
    steps = p[order] * (len(order) - np.arange(len(order)))
    corrected[order] = np.maximum.accumulate(steps).clip(max=1)
    return corrected


@lru_cache
def detectable_effect(n: int, power: float = POWER, level: float = LEVEL) -> float:
    """The smallest |d| that a paired t-test of n differences shows with this power; NaN below 2.

    Solved on the noncentral t distribution (Cohen 1988).
    """
    from scipy.optimize import brentq
    from scipy.stats import nct, t

    if n < 2:
        return float("nan")
    bound = t.ppf((1 + level) / 2, n - 1)

    def lacking(d: float) -> float:
        shift = d * np.sqrt(n)
        # scipy gives NaN for a far tail that is nothing
        wrong_side = np.nan_to_num(nct.cdf(-bound, n - 1, shift))
        return float(nct.sf(bound, n - 1, shift) + wrong_side) - power

    return float(brentq(lacking, 0, (1.5 * bound + 4) / np.sqrt(n)))


def _products(columns: Floats, resamples: int, seed: int, weigh: Weigh) -> Floats:
    """Random weights of the users times their values, `(resamples, m)`, block by block."""
    n = len(columns)
    size = max(1, min(resamples, BLOCK // max(n, 1)))
    counts = [min(size, resamples - start) for start in range(0, resamples, size)]
    seeds = np.random.SeedSequence(seed).spawn(len(counts))

    def block(count: int, sequence: Any) -> Floats:
        product: Floats = weigh(np.random.Generator(np.random.SFC64(sequence)), count, n) @ columns
        return product

    if len(counts) == 1:
        return block(counts[0], seeds[0])
    with ThreadPoolExecutor(THREADS) as pool:
        return np.concatenate(list(pool.map(block, counts, seeds)))


def _drawn_again(generator: np.random.Generator, count: int, n: int) -> Floats:
    """How often each of n users comes up in n draws, `(count, n)`."""
    drawn = generator.integers(n, size=(count, n), dtype=np.int32)
    weights = np.empty((count, n), np.float32)
    for row, users in enumerate(drawn):
        weights[row] = np.bincount(users, minlength=n)
    return weights


def _kept(generator: np.random.Generator, count: int, n: int) -> Floats:
    """1 for about half of the users, 0 for the others, `(count, n)`."""
    bits = np.frombuffer(generator.bytes((count * n + 7) // 8), np.uint8)
    return np.unpackbits(bits, count=count * n).reshape(count, n).astype(np.float32)
