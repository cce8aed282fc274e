"""The short head against its definition."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrec.data.catalogue import Catalogue

examples = settings(max_examples=50, deadline=None)


def short_head(counts: list[int]) -> np.ndarray:
    numbers = np.array(counts)
    return Catalogue(np.array(["i"] * len(counts)), numbers, numbers, 10).short_head


@given(st.lists(st.integers(1, 12), min_size=1, max_size=9))
@examples
def test_short_head_is_the_smallest_set_with_four_fifths(counts: list[int]) -> None:
    head = short_head(counts)

    def enough(items: tuple[int, ...]) -> bool:
        return 10 * sum(counts[item] for item in items) >= 8 * sum(counts)

    assert enough(tuple(np.flatnonzero(head)))
    assert not any(enough(items) for items in combinations(range(len(counts)), head.sum() - 1))


@pytest.mark.parametrize(
    ("counts", "head"),
    [
        ([4, 4, 1, 1], [0, 1]),  # exactly 80 %
        ([4, 3, 2, 1], [0, 1, 2]),
        ([1, 2, 3, 4], [1, 2, 3]),
        ([1, 1, 1, 1, 1], [0, 1, 2, 3]),
        ([7], [0]),
    ],
)
def test_short_head_by_hand(counts: list[int], head: list[int]) -> None:
    assert np.flatnonzero(short_head(counts)).tolist() == head
