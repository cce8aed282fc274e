"""Golden test of graph filters: GF-CF's formula by a dense singular value decomposition."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, binary, fitted, split_of

from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model.common import memory
from lrec.model.graph_filter import GraphFilter, leading_vectors

QUERIES = [[0], [1, 5], [3, 2, 4], []]


def filtered(x: np.ndarray, history: np.ndarray, alpha: float, rank: int) -> np.ndarray:
    """Scores of histories, `(n, n_items)`, the linear filter without its diagonal."""
    of_users, of_items = x.sum(axis=1), x.sum(axis=0)
    normalised = np.zeros(x.shape)
    for u, i in zip(*np.nonzero(x), strict=True):
        normalised[u, i] = x[u, i] / (of_users[u] * of_items[i]) ** 0.5
    linear = np.zeros((x.shape[1], x.shape[1]))
    for i in range(len(linear)):
        for j in range(len(linear)):
            if i != j:
                linear[i, j] = sum(row[i] * row[j] for row in normalised)
    _, values, vectors = np.linalg.svd(normalised)
    v = vectors[: min(rank, int((values > 1e-6).sum()))]
    ideal = np.diag(of_items**-0.5) @ v.T @ v @ np.diag(of_items**0.5)
    return np.asarray(history @ (linear + alpha * ideal))


def of_queries() -> np.ndarray:
    history = np.zeros((len(QUERIES), 6))
    for row, items in enumerate(QUERIES):
        history[row, items] = 1
    return history


@pytest.mark.parametrize("rank", [1, 3, 256])
@pytest.mark.parametrize("alpha", [0.0, 0.3, 2.0])
def test_scores_are_the_linear_and_the_ideal_filter(alpha: float, rank: int) -> None:
    model = fitted(GraphFilter(alpha, rank), split_of(BASKETS))
    expected = filtered(binary(BASKETS), of_queries(), alpha, rank)
    np.testing.assert_allclose(model.score(Histories.of(QUERIES)), expected, rtol=1e-4, atol=1e-5)
    assert model.scores_sparsely == (alpha == 0)


def weighted() -> tuple[Split, np.ndarray]:
    split = split_of(BASKETS)
    weight = np.random.default_rng(4).choice([0.5, 1, 3], len(split.train.item))
    x = np.zeros((len(BASKETS), 6))
    x[split.train.row, split.train.item] = weight
    return replace(split, train=replace(split.train, weight=weight.astype(np.float32))), x


def test_interactions_count_by_weight() -> None:
    split, x = weighted()
    scores = fitted(GraphFilter(0.5, 3), split).score(Histories.of(QUERIES))
    np.testing.assert_allclose(scores, filtered(x, of_queries(), 0.5, 3), rtol=1e-4, atol=1e-5)


def test_items_keep_their_largest_entries() -> None:
    whole = fitted(GraphFilter(0.0), split_of(BASKETS)).score(Histories.of([[2]]))[0]
    kept = fitted(GraphFilter(0.0, neighbours=2), split_of(BASKETS)).score(Histories.of([[2]]))[0]
    best = np.argsort(-whole, kind="stable")[:2]
    assert np.flatnonzero(kept).tolist() == sorted(best.tolist())
    np.testing.assert_array_equal(kept[best], whole[best])


def test_users_who_like_one_item_each_leave_no_other_items() -> None:
    scores = fitted(GraphFilter(1.0, 2), split_of([[0], [0], [1]])).score(Histories.of([[0], [1]]))
    np.testing.assert_allclose(scores, np.eye(2), atol=1e-6)


def test_leading_vectors_span_the_leading_singular_space() -> None:
    from scipy.sparse import csr_array

    generator = np.random.default_rng(6)
    left = np.linalg.qr(generator.normal(size=(120, 60)))[0]
    right = np.linalg.qr(generator.normal(size=(90, 60)))[0]
    values = np.concatenate([np.linspace(1, 0.8, 5), np.full(55, 0.3)])
    matrix = ((left * values) @ right.T).astype(np.float32)
    found = leading_vectors(csr_array(matrix), csr_array(matrix.T), 5)
    np.testing.assert_allclose(found.T @ found, np.eye(5), atol=1e-4)
    np.testing.assert_allclose(found @ found.T, right[:, :5] @ right[:, :5].T, atol=1e-4)


def test_the_state_has_nothing_by_user() -> None:
    state = fitted(GraphFilter(), split_of(BASKETS)).state()
    assert len(BASKETS) not in [size for array in state.values() for size in array.shape]
    assert {"degree": (6,), "vectors": (6, 6)}.items() <= {
        k: a.shape for k, a in state.items()
    }.items()


def test_a_rank_that_memory_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 30_000.0)
    with pytest.raises(DataError, match=r"model=graph_filter needs .* 6 items.*model\.rank"):
        fitted(GraphFilter(), split_of(BASKETS))
    fitted(GraphFilter(rank=6), split_of(BASKETS))


@pytest.mark.parametrize(
    "arguments", [{"alpha": -0.1}, {"rank": 0}, {"neighbours": 0}, {"recency": 0.0}]
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: "):
        GraphFilter(**arguments)
