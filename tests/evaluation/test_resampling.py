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


def test_numbers_that_would_favour_some_users_are_left_out() -> None:
    n, size = 2**31 + 2**30, 50_000  # a third of all 32-bit numbers
    draws = np.empty(size, np.uint64)
    resampling._draw(generator(), n, draws)
    expected = generator().integers(n, size=size, dtype=np.uint32)
    np.testing.assert_array_equal(draws, expected)


def test_signs_are_the_bits_of_the_generator() -> None:
    weights = np.empty((3, 12_345), np.float32)
    kept_signs(generator(), weights)
    bits = np.frombuffer(generator().bytes(-(-weights.size // 8)), np.uint8)
    np.testing.assert_array_equal(weights.ravel(), np.unpackbits(bits, count=weights.size))


def test_tables_get_the_same_weights_and_equal_columns_the_same_sums(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resampling, "BLOCK", 600)  # blocks of six resamples
    values = np.random.default_rng(0).integers(9, size=(100, 3)).astype(np.float32)
    again = values[:, [2, 0, 2]]
    first, second = products([values, again], 20, 5, resample_counts)
    assert first.shape == second.shape == (20, 3)
    np.testing.assert_array_equal(second, first[:, [2, 0, 2]])
    seeds = np.random.SeedSequence(5).spawn(4)
    weights = np.empty((6, 100), np.float32)
    resample_counts(np.random.Generator(np.random.SFC64(seeds[2])), weights)
    np.testing.assert_array_equal(first[12:18], weights @ values)
