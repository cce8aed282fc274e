"""Lists of sparse scores are those of the same scores ranked whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.baskets import fitted, split_of
from helpers.fixed import Fixed
from scipy.sparse import csr_array

from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.ranking import Ranker, Ranking, batch_ranking, sparse_ranking, user_batches
from lrec.model.itemknn import ItemKNN


class Sparse(Fixed):
    """Gives its scores as sparse rows, their entries in no order; falls back if there is none."""

    scores_empty = False
    scores_sparsely = True

    def sparse_scores(self, histories: Histories) -> Any:
        order = np.random.default_rng(0).permutation(self.scores.shape[1])
        shuffled = csr_array(self.scores[histories.user][:, order])
        return csr_array(
            (shuffled.data, order[shuffled.indices].astype(np.int32), shuffled.indptr),
            shape=shuffled.shape,
        )


class Whole(Fixed):
    """Gives the same scores whole."""

    scores_empty = False


def same(one: Ranking, other: Ranking) -> bool:
    fields = ("items", "scores", "target_scores", "is_personalised")
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name == "target_scores")
        for name in fields
    )


def queries_of(n_users: int, n_items: int, seed: int) -> Queries:
    """Histories of all lengths, none and far more than a list among them; some items unknown."""
    draw = np.random.default_rng(seed)
    lengths = draw.integers(0, 40, n_users)
    lengths[:3] = 2 * n_items  # hardly an item is left
    history = Histories.of([draw.integers(-1, n_items + 2, n).tolist() for n in lengths])
    target = Histories.of([draw.integers(0, n_items + 1, 2).tolist() for _ in lengths])
    user = np.arange(n_users, dtype=np.int32)
    history, target = replace(history, user=user), replace(target, user=user)
    return Queries(history, history, target)


@pytest.mark.parametrize("n_users", [4, 120])
def test_histories_that_reach_nothing_get_lists_too(n_users: int) -> None:
    """A matrix without any entry: rules from an item that nothing follows, for example."""
    scores = np.zeros((n_users, 500), np.float32)
    queries = queries_of(n_users, 500, seed=1)
    for k in (1, 25):
        expected = Ranker(Whole(scores, [1] * 500), k)(queries)
        assert same(Ranker(Sparse(scores, [1] * 500), k)(queries), expected)


@pytest.mark.parametrize("n_items", [9, 500, 3000])
@pytest.mark.parametrize("levels", [1, 3, 10**6])
@pytest.mark.parametrize("sign", [0, -1])
def test_lists_are_those_of_all_scores(
    n_items: int, levels: int, sign: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With many equal scores, many masked items, and users whom hardly any item has a score for."""
    draw = np.random.default_rng(n_items + levels)
    scores = draw.integers(sign * levels, levels + 1, (120, n_items)).astype(np.float32) / 7
    shares = draw.choice([0, 0.01, 0.05, 0.1, 0.5], 120)
    scores[draw.random(scores.shape) >= shares[:, None]] = 0
    popularity = draw.integers(0, 5, n_items).tolist()
    queries = queries_of(120, n_items, seed=levels)
    monkeypatch.setattr(sparse_ranking, "ENTRIES", 500)
    for k in (1, 10, 25):
        expected = Ranker(Whole(scores, popularity), k)(queries)
        assert same(Ranker(Sparse(scores, popularity), k)(queries), expected)
    monkeypatch.setattr(batch_ranking, "REACHED", user_batches.SCORES_A_BATCH // 7)  # other batches
    assert same(Ranker(Sparse(scores, popularity), 25)(queries), expected)


def test_items_out_of_reach_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    n_items = 3000
    draw = np.random.default_rng(4)
    scores = np.where(draw.random((50, n_items)) < 0.05, draw.random((50, n_items)), 0)
    monkeypatch.setattr(Sparse, "score", None)
    monkeypatch.setattr(sparse_ranking, "top_k_arrays", None)  # for rows that are ranked whole
    queries = queries_of(50, n_items, seed=1)
    lengths = queries.history.within(n_items).lengths
    asking = queries.take(np.flatnonzero((lengths > 0) & (lengths < n_items / 10)))
    assert (Ranker(Sparse(scores), 10)(asking).items >= 0).all()


def test_a_score_that_is_not_finite_is_refused() -> None:
    scores = np.zeros((1, 100), np.float32)
    scores[0, 50] = np.inf
    with pytest.raises(FloatingPointError, match="NaN or infinite"):
        Ranker(Sparse(scores), 3)(queries_of(1, 100, seed=2))


def test_item_neighbours_rank_sparsely_as_they_rank_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(6)
    baskets = [draw.zipf(1.3, draw.integers(1, 9)) % 900 for _ in range(600)]
    model = fitted(ItemKNN(20), split_of([[899], *(row.tolist() for row in baskets)]))
    queries = queries_of(200, 900, seed=3)
    assert model.scores_sparsely
    sparse = Ranker(model, 10)(queries)
    monkeypatch.setattr(ItemKNN, "scores_sparsely", False)
    assert same(sparse, Ranker(model, 10)(queries))
