"""Statistics over users, against scipy, statsmodels and plain Python."""

from __future__ import annotations

import itertools
import math
import statistics
import time

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from lrec.base.arrays import nan_mean
from lrec.evaluation.statistics import (
    bootstrap,
    detectable_effect,
    holm,
    interval,
    paired,
    sign_flips,
)

NAN = math.nan


def differences(n: int, shift: float = 0.0, seed: int = 0) -> np.ndarray:
    """Skewed differences of n users, most of them 0, as accuracy has them."""
    generator = np.random.default_rng(seed)
    sample = generator.exponential(1, n) * (generator.random(n) < 0.3)
    return (sample - sample.mean() + shift)[:, None]


def test_bootstrap_interval_is_scipys() -> None:
    values = differences(80, shift=0.1)
    low, high = interval(bootstrap(values, 20_000))
    theirs = stats.bootstrap(
        (values[:, 0],), np.mean, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    spread = theirs.high - theirs.low
    assert low[0] == pytest.approx(theirs.low, abs=0.03 * spread)
    assert high[0] == pytest.approx(theirs.high, abs=0.03 * spread)


def test_bootstrap_of_two_users_has_the_binomial_shares() -> None:
    """Of 0 and 1, two draws give a mean of 0, 1/2 and 1 in a quarter, half and a quarter."""
    drawn = bootstrap(np.array([[0.0], [1.0]]), 40_000)[:, 0]
    shares = [(drawn == value).mean() for value in (0, 0.5, 1)]
    assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.01)


def test_columns_of_a_bootstrap_come_from_the_same_users() -> None:
    values = np.random.default_rng(0).normal(size=(50, 1))
    drawn = bootstrap(np.hstack([values, 3 * values]), 200)
    np.testing.assert_allclose(drawn[:, 1], 3 * drawn[:, 0], rtol=1e-5, atol=1e-6)


def test_bootstrap_of_a_holed_column_is_over_its_own_users() -> None:
    """Next to a complete column, and with the mean over the users in the resample."""
    full = np.arange(6.0)
    holed = np.array([1.0, 2.0, NAN, 3.0, NAN, NAN])
    drawn = bootstrap(np.stack([full, holed], axis=1), 5_000)
    defined = holed[~np.isnan(holed)]
    assert np.nanmean(drawn[:, 1]) == pytest.approx(defined.mean(), abs=0.05)
    assert np.nanmin(drawn[:, 1]) == 1
    assert np.nanmax(drawn[:, 1]) == 3
    assert np.isnan(drawn[:, 1]).mean() == pytest.approx(0.5**6, abs=0.01)


def test_sign_flips_count_every_swap_of_few_users() -> None:
    """The exact p of seven users, over all 128 sign flips."""
    values = np.array([0.3, 0.1, -0.2, 0.5, 0.4, 0.0, 0.25])
    sums = [
        abs(sum(sign * v for sign, v in zip(signs, values, strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(values))
    ]
    exact = sum(s >= abs(sum(values)) - 1e-12 for s in sums) / len(sums)
    assert sign_flips(values[:, None], 40_000)[0] == pytest.approx(exact, abs=0.008)


def test_sign_flips_are_scipys() -> None:
    values = differences(60, shift=0.13)

    def mean(x: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.mean(x, axis=axis)

    theirs = stats.permutation_test(
        (values[:, 0],), mean, permutation_type="samples", n_resamples=20_000, rng=1
    ).pvalue
    assert sign_flips(values, 20_000)[0] == pytest.approx(theirs, abs=0.01)


def test_identical_models_are_never_different() -> None:
    result = paired(np.zeros((40, 1)), 500)
    assert result.p[0] == 1
    assert (result.low[0], result.mean[0], result.high[0]) == (0, 0, 0)
    assert np.isnan(result.effect_size[0])


def test_holm_is_statsmodels() -> None:
    generator = np.random.default_rng(0)
    for n in (1, 2, 5, 12):
        p = generator.random(n) ** 3
        p[generator.random(n) < 0.2] = NAN
        p[:2] = p[0]  # equal ones
        defined = ~np.isnan(p)
        ours = holm(p)
        assert (np.isnan(ours) == ~defined).all()
        if defined.any():
            theirs = multipletests(p[defined], method="holm")[1]
            np.testing.assert_allclose(ours[defined], theirs, atol=1e-12)


@pytest.mark.parametrize("n", [2, 5, 30, 400, 30_000])
def test_detectable_effect_is_statsmodels(n: int) -> None:
    effect = detectable_effect(n)
    assert TTestPower().power(effect, n, 0.05, alternative="two-sided") == pytest.approx(
        0.8, abs=1e-6
    )


def test_one_user_detects_nothing() -> None:
    assert math.isnan(detectable_effect(1))


def test_paired_in_plain_python() -> None:
    values = [0.5, -0.25, 0.75, 1.0, NAN, 0.0]
    defined = [v for v in values if v == v]
    result = paired(np.array(values)[:, None], 200)
    assert result.n[0] == len(defined)
    assert result.mean[0] == pytest.approx(statistics.mean(defined))
    deviation = statistics.stdev(defined)
    assert result.effect_size[0] == pytest.approx(statistics.mean(defined) / deviation)
    assert result.detectable[0] == pytest.approx(detectable_effect(5) * deviation)


def test_a_column_without_users_is_undefined() -> None:
    result = paired(np.full((4, 1), NAN), 100)
    assert result.n[0] == 0
    for value in (
        result.mean,
        result.low,
        result.high,
        result.p,
        result.effect_size,
        result.detectable,
    ):
        assert np.isnan(value[0])
    assert np.isnan(nan_mean(np.full((4, 1), NAN), axis=0)[0])


def test_same_seed_same_numbers() -> None:
    values = differences(200)
    np.testing.assert_array_equal(bootstrap(values, 300, 7), bootstrap(values, 300, 7))
    assert (bootstrap(values, 300, 7) != bootstrap(values, 300, 8)).any()
    assert sign_flips(values, 300, 7)[0] == sign_flips(values, 300, 7)[0]


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of 300 experiments of 200 users, about 95 % of the intervals hold the true mean."""
    generator = np.random.default_rng(3)
    samples = generator.exponential(1, (200, 300)) * (generator.random((200, 300)) < 0.4)
    low, high = interval(bootstrap(samples, 1000))
    held = ((low <= 0.4) & (high >= 0.4)).mean()
    assert 0.9 <= held <= 0.985


def test_resampling_is_fast() -> None:
    """A quarter of the work that has to take under ten seconds on two cores, in under five."""
    values = np.random.default_rng(0).normal(size=(30_000, 20))
    start = time.perf_counter()
    paired(values, 2_500)
    assert time.perf_counter() - start < 5
