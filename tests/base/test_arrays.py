"""Arrays by hand: offsets of ragged rows, means of rows and of what is defined."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.base.arrays import mean_by_row, mean_of_defined, nan_mean, offsets_of


@pytest.mark.parametrize(
    ("lengths", "offsets"),
    [
        ([2, 0, 3], [0, 2, 2, 5]),
        ([], [0]),
        (np.array([2, 0, 3], np.int32), [0, 2, 2, 5]),
        (np.array([], np.int64), [0]),
        (np.array([True, False, True]), [0, 1, 1, 2]),
        (np.array([200, 200], np.uint8), [0, 200, 400]),
        (np.array([2**31 - 1, 2**31 - 1], np.int32), [0, 2**31 - 1, 2**32 - 2]),
    ],
)
def test_offsets_of(lengths: np.ndarray | list[int], offsets: list[int]) -> None:
    received = offsets_of(lengths)
    assert received.tolist() == offsets
    assert received.dtype == np.int64


def test_mean_by_row() -> None:
    means = mean_by_row(np.array([1.0, 2.0, 6.0]), np.array([0, 2, 2]), 4)
    np.testing.assert_array_equal(means, [1, np.nan, 4, np.nan])


def test_means_of_what_is_defined() -> None:
    values = np.array([[1.0, np.nan, 6.0], [2.0, np.nan, np.nan]])
    np.testing.assert_array_equal(nan_mean(values, axis=0), [1.5, np.nan, 6])
    np.testing.assert_array_equal(nan_mean(values, axis=1), [3.5, 2])
    assert mean_of_defined(values[0]) == 3.5
    assert np.isnan(mean_of_defined(values[:, 1]))
    assert np.isnan(mean_of_defined(np.array([])))
    assert nan_mean(np.empty((0, 3)), axis=1).shape == (0,)
