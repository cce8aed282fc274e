"""Rules that all item-item models share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, split_of

from lrec.data.histories import Histories
from lrec.model.ease import EASE
from lrec.model.itemknn import ItemKNN
from lrec.model.rp3beta import RP3Beta


def test_items_that_come_twice_count_once() -> None:
    again = [[*basket, basket[0]] for basket in BASKETS]
    for model, other in ((ItemKNN(), ItemKNN()), (RP3Beta(), RP3Beta()), (EASE(), EASE())):
        once, twice = fitted(model, split_of(BASKETS)), fitted(other, split_of(again))
        expected = once.score(Histories.of([[3, 1]]))
        np.testing.assert_allclose(twice.score(Histories.of([[1, 3, 1]])), expected, rtol=1e-5)


@pytest.mark.parametrize("model", [ItemKNN(recency=0.5), RP3Beta(recency=0.5), EASE(recency=0.5)])
def test_recency_weighs_each_step_back(model: Any) -> None:
    fitted(model, split_of(BASKETS))
    scores = model.score(Histories.of([[2, 77, 0, 2, 5]]))[0]  # the newer 2 counts, 77 is no item
    model.recency = 1.0
    zero, two, five = model.score(Histories.of([[0], [2], [5]]))
    np.testing.assert_allclose(scores, 0.25 * zero + 0.5 * two + five, rtol=1e-5, atol=1e-7)
