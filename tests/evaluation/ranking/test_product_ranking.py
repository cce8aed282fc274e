"""Lists by vectors, a block of the catalogue at a time, are the lists by whole rows of scores."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from helpers.fixed import Fixed
from hypothesis import given, settings
from hypothesis import strategies as st

from lrec.base.arrays import Floats, offsets_of
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation import ranking
from lrec.evaluation.ranking import Ranker, Ranking, product_ranking
from lrec.model.common.factorised_scores import FactorisedScores


class Vectors(Fixed):
    """Answers user u with the products of their vector and the items'."""

    scores_empty = False
    scores_are_products = True

    def __init__(self, users: Floats, items: Floats) -> None:
        self.users, self.items = users, items
        super().__init__(np.zeros((1, len(items))), np.arange(len(items)) % 7)

    def score(self, histories: Histories) -> Floats:
        scores: Floats = self.users[histories.user] @ self.items.T
        return scores

    def factorised_scores(self) -> FactorisedScores:
        return FactorisedScores(self.items, lambda histories: self.users[histories.user])


def drawn(n: int, n_items: int, seed: int, levels: int) -> tuple[Vectors, Queries]:
    """A model of few different scores if there are few levels; histories may be empty."""
    draw = np.random.default_rng(seed)
    users = draw.integers(-levels, levels + 1, (n, 8)).astype(np.float32) / 8
    items = draw.integers(-levels, levels + 1, (n_items, 8)).astype(np.float32) / 8

    def histories(most: int) -> Histories:
        lengths = draw.integers(0, most, n)
        item = draw.integers(-1, n_items + 2, lengths.sum()).astype(np.int32)
        return Histories(np.arange(n, dtype=np.int32), offsets_of(lengths), item)

    history = histories(min(n_items + 3, 40))
    return Vectors(users, items), Queries(history, history, histories(4))


def assert_same(received: Ranking, expected: Ranking) -> None:
    for name in ("items", "scores", "target_scores", "is_personalised"):
        np.testing.assert_array_equal(getattr(received, name), getattr(expected, name))
    assert received.ignored == expected.ignored


@settings(deadline=None, max_examples=40)
@given(
    n=st.integers(2, 60),
    n_items=st.integers(1, 500),
    levels=st.sampled_from([0, 1, 1000]),
    users=st.integers(2, 40),
    width=st.integers(1, 300),
    seed=st.integers(0, 10**6),
)
def test_lists_by_blocks_are_those_by_rows(
    n: int, n_items: int, levels: int, users: int, width: int, seed: int
) -> None:
    model, queries = drawn(n, n_items, seed, levels)
    expected = Ranker(model, 20)(queries)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "WIDE", 0)
        patch.setattr(ranking, "MANY", 2)
        patch.setattr(product_ranking, "USERS", users)
        patch.setattr(product_ranking, "ITEMS", width)
        assert_same(Ranker(model, 20)(queries), expected)


def test_scores_are_the_same_bits_whatever_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    model, queries = drawn(300, ranking.WIDE + 1500, 1, 0)
    draw = np.random.default_rng(2)
    model.users, model.items = (
        draw.standard_normal((len(part), 64)).astype(np.float32)
        for part in (model.users, model.items)
    )
    blocked = Ranker(model, 20)(queries)
    monkeypatch.setattr(ranking, "WIDE", 10**9)
    assert_same(blocked, Ranker(model, 20)(queries))


def test_memory_does_not_grow_with_the_catalogue() -> None:
    def peak(n_items: int) -> int:
        model, queries = drawn(600, n_items, 3, 1000)
        ranker = Ranker(model, 20)
        tracemalloc.start()
        ranker(queries)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    narrow, wide = peak(20_000), peak(160_000)
    assert wide < 1.2 * narrow + 160_000 * 8  # a row of popularity


@pytest.mark.parametrize("bad", [np.nan, np.inf, 3e38])
def test_vectors_that_diverged_fail(bad: float) -> None:
    model, queries = drawn(300, ranking.WIDE + 1, 4, 9)
    model.items[-1] = bad
    model.users[7] = [8, 8, 8, 0, 0, 0, 0, 0]
    with pytest.raises(FloatingPointError, match="NaN or infinite"), np.errstate(all="ignore"):
        Ranker(model, 5)(queries)


def test_long_vectors_of_small_products_are_fine() -> None:
    model, queries = drawn(300, ranking.WIDE + 1, 5, 9)
    model.users[:] = model.items[:] = 0
    model.users[:, 0], model.items[:, 1] = 1e30, 1e30
    assert np.isfinite(Ranker(model, 5)(queries).scores).any()
