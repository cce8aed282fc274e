"""Rules that all item-item models share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, split_of

from lrec.data.histories import Histories
from lrec.model.ease import EASE
from lrec.model.graph_filter import GraphFilter
from lrec.model.itemknn import ItemKNN
from lrec.model.rp3beta import RP3Beta
from lrec.model.sparse_ease import SparseEASE


def test_items_that_come_twice_count_once() -> None:
    again = [[*basket, basket[0]] for basket in BASKETS]
    for kind in (ItemKNN, RP3Beta, EASE, SparseEASE, GraphFilter):
        once, twice = fitted(kind(), split_of(BASKETS)), fitted(kind(), split_of(again))
        expected = once.score(Histories.of([[3, 1]]))
        np.testing.assert_allclose(twice.score(Histories.of([[1, 3, 1]])), expected, rtol=1e-5)


@pytest.mark.parametrize("kind", [ItemKNN, RP3Beta, EASE, SparseEASE, GraphFilter])
def test_recency_weighs_each_step_back(kind: Any) -> None:
    model: Any = fitted(kind(recency=0.5), split_of(BASKETS))
    scores = model.score(Histories.of([[2, 77, 0, 2, 5]]))[0]  # the newer 2 counts, 77 is no item
    model.recency = 1.0
    zero, two, five = model.score(Histories.of([[0], [2], [5]]))
    np.testing.assert_allclose(scores, 0.25 * zero + 0.5 * two + five, rtol=1e-5, atol=1e-7)
