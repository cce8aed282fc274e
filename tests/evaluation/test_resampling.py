"""Pins the random weights of users to what NumPy draws, and their sums to plain products."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.evaluation import resampling
from lrec.evaluation.resampling import kept_signs, products, resample_counts


def generator(seed: int = 3) -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(seed))


@pytest.mark.parametrize("n", [1, 2, 7, 1000, 40_000])
def test_counts_are_those_of_draws_by_numpy(n: int) -> None:
    weights = np.empty((5, n), np.float32)
    resample_counts(generator(), weights)
    draws = generator().integers(n, size=(5, n), dtype=np.int32)
    expected = [np.bincount(users, minlength=n) for users in draws]
    np.testing.assert_array_equal(weights, expected)


@pytest.mark.parametrize("n", [7, 22_363, 2**31 + 2**30])
def test_draws_are_the_next_ones_by_numpy(n: int) -> None:
    """For the largest range a third of all 32-bit numbers are left out, for others hardly any."""
    own, memory = generator(), np.empty(resampling.DRAWS, np.uint64)
    draws = np.concatenate([resampling._draw(own, n, memory).copy() for _ in range(60)])
    expected = generator().integers(n, size=len(draws), dtype=np.uint32)
    np.testing.assert_array_equal(draws, expected)
    assert len(draws) > 0.6 * 60 * resampling.DRAWS


def test_numbers_are_drawn_in_large_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call for each user, or for each resample of few users, takes many times as long."""
    portions, draw = [], resampling._draw
    monkeypatch.setattr(
        resampling, "_draw", lambda *given: portions.append(draw(*given)) or portions[-1].copy()
    )
    for n, count in ((30, 10_000), (22_363, 20)):
        portions.clear()
        resample_counts(generator(), np.empty((count, n), np.float32))
        assert len(portions) <= 1.01 * count * n / resampling.DRAWS + 1


def test_signs_are_the_bits_of_the_generator() -> None:
    weights = np.empty((3, 12_345), np.float32)
    kept_signs(generator(), weights)
    bits = np.frombuffer(generator().bytes(-(-weights.size // 8)), np.uint8)
    np.testing.assert_array_equal(weights.ravel(), np.unpackbits(bits, count=weights.size))


def test_equal_columns_get_the_same_sums_and_are_multiplied_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resampling, "BLOCK", 600)  # blocks of six resamples
    values = np.random.default_rng(0).integers(9, size=(100, 3)).astype(np.float32)
    assert resampling._distinct(values[:, [2, 0, 2, 0]])[0].shape == (100, 2)
    again = products(values[:, [2, 0, 2]], 20, 5, resample_counts)
    first = products(values, 20, 5, resample_counts)
    assert first.shape == again.shape == (20, 3)
    np.testing.assert_array_equal(again, first[:, [2, 0, 2]])
    seeds = np.random.SeedSequence(5).spawn(4)
    weights = np.empty((6, 100), np.float32)
    resample_counts(np.random.Generator(np.random.SFC64(seeds[2])), weights)
    np.testing.assert_array_equal(first[12:18], weights @ values)
