"""Rules that all item-item models share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, split_of
from scipy.sparse import csc_array

from lrec.base.errors import DataError
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


class Columns(ItemKNN):
    """Weights by columns, as a product of a transposed matrix has them."""

    name = "columns"

    def item_weights(self, users: Any) -> Any:
        return csc_array(np.triu(np.ones((users.shape[1], users.shape[1]), np.float32)))


def test_weights_of_any_layout_are_saved_by_rows() -> None:
    model: Any = fitted(Columns(), split_of(BASKETS))
    assert model.weights.format == "csr"
    before = model.score(Histories.of([[1]]))
    loaded: Any = Columns()
    loaded.restore(model.state(), model.catalogue)
    np.testing.assert_array_equal(loaded.score(Histories.of([[1]])), before)


@pytest.mark.parametrize(
    ("weights", "words"),
    [(np.ones((2, 3), np.float32), "Received: 2 × 3"), ("nan", "not all finite")],
    ids=["shape", "values"],
)
def test_weights_that_do_not_fit_are_refused(weights: Any, words: str) -> None:
    class Odd(ItemKNN):
        def item_weights(self, users: Any) -> Any:
            n = users.shape[1]
            return csc_array(np.full((n, n), np.nan)) if isinstance(weights, str) else weights

    with pytest.raises(DataError, match=words):
        fitted(Odd(), split_of(BASKETS))
