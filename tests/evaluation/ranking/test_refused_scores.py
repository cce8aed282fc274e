"""Scores that cannot be ranked are refused in one line that says what a model returned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.fixed import Fixed
from scipy.sparse import csr_array

from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.ranking import Ranker

N_ITEMS = 7
QUERIES = Queries(*[Histories.of([[0], [1, 2], [3]])] * 2, Histories.of([[4]] * 3))


class Returns(Fixed):
    """Scores are whatever is given."""

    scores_empty = True

    def __init__(self, returned: Any, **methods: Any) -> None:
        super().__init__(np.zeros((3, N_ITEMS)))
        self.returned = returned
        vars(self).update(methods)

    def score(self, histories: Histories) -> Any:
        returned = self.returned  # a copy of scores, into which ranking writes
        return returned.copy() if isinstance(returned, np.ndarray) else returned


class Sparse(Returns):
    scores_sparsely = True

    def sparse_scores(self, histories: Histories) -> Any:
        return self.returned


class InGraph(Returns):
    def inputs(self, histories: Histories) -> tuple[np.ndarray, ...]:
        return (np.zeros((len(histories), 1), np.float32),)

    def graph(self, *inputs: Any) -> Any:
        import tensorflow as tf

        return tf.constant(self.returned)


@pytest.mark.parametrize(
    ("returned", "received"),
    [
        (np.zeros((3, N_ITEMS)), r"ndarray \(3, 7\) float64"),
        (np.zeros((3, N_ITEMS - 1), np.float32), r"ndarray \(3, 6\) float32"),
        (np.zeros(N_ITEMS, np.float32), r"ndarray \(7,\) float32"),
        (csr_array((3, N_ITEMS), dtype=np.float32), r"csr_array \(3, 7\) float32"),
        ([[0.0] * N_ITEMS] * 3, "list"),
        (None, "NoneType"),
    ],
)
def test_what_score_returned_is_told(returned: Any, received: str) -> None:
    words = r"^model=fixed: score must return \(n, n_items\) float32, here a ndarray \(3, 7\)\."
    with pytest.raises(DataError, match=f"{words} Received: {received}$"):
        Ranker(Returns(returned), 2)(QUERIES)


def test_sparse_and_common_scores_and_those_of_a_graph_are_looked_at_too() -> None:
    wrong = np.zeros((3, N_ITEMS), np.float32)
    with pytest.raises(
        DataError, match=r"sparse_scores must .* Received: ndarray \(3, 7\) float32"
    ):
        Ranker(Sparse(wrong), 2)(QUERIES)
    common = Returns(wrong, common_scores=lambda: np.zeros(N_ITEMS))
    with pytest.raises(
        DataError, match=r"common_scores must return \(n_items,\) .* \(7,\) float64"
    ):
        Ranker(common, 2)(QUERIES)
    for bad in (np.zeros((3, N_ITEMS)), wrong[:, 1:]):
        received = f"a tensor \\[3, {bad.shape[1]}\\] {bad.dtype}"
        with pytest.raises(DataError, match=rf"scores must be .* Received: {received}$"):
            Ranker(InGraph(bad), 2)(QUERIES)


def test_scores_that_are_no_numbers_are_counted_where_nothing_was_trained_by_gradient() -> None:
    scores = np.zeros((3, N_ITEMS), np.float32)
    scores[1, 5] = np.nan
    told = "model=fixed gave scores that are NaN or infinite"
    with pytest.raises(FloatingPointError, match=f"^{told}, to 1 of 3 users; .* have 2 items"):
        Ranker(Returns(scores), 2)(QUERIES)
    trained = Returns(scores, uses_tensorflow=lambda: True)
    with pytest.raises(FloatingPointError, match=f"^{told}: its training diverged. Lower"):
        Ranker(trained, 2)(QUERIES)
