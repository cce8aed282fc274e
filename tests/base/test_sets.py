"""Sets of numbers are those of NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrec.base.sets import is_among, is_in_order, unique

NUMBERS = st.lists(st.integers(-(2**62), 2**62) | st.integers(0, 5), max_size=30)


@given(NUMBERS, NUMBERS)
def test_they_are_those_of_numpy(values: list[int], members: list[int]) -> None:
    some, others = np.array(values, np.int64), np.array(members, np.int64)
    assert np.array_equal(unique(some), np.unique(some))
    assert np.array_equal(is_among(some, others), np.isin(some, others))
    assert np.array_equal(is_in_order(some, np.sort(others)), np.isin(some, others))


@pytest.mark.parametrize("dtype", [np.int32, np.float32, np.str_])
def test_types_and_shapes_stay(dtype: type) -> None:
    values = np.array([[3, 1, 1], [2, 3, 0]]).astype(dtype)
    assert unique(values).tolist() == np.array([0, 1, 2, 3]).astype(dtype).tolist()
    assert unique(values).dtype == values.dtype
    expected = [[True, False, False], [False, True, False]]
    assert is_among(values, np.array([3, 4]).astype(dtype)).tolist() == expected
