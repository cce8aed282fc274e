"""Lists by searching are those by ranking where the search finds everything."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lrec.base.arrays import Floats, Ints
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.approximate import approximate_ranker
from lrec.evaluation.approximate.approximate_ranker import ApproximateRanker, ranker_of
from lrec.evaluation.ranking import Ranker
from lrec.model.common.factorised_scores import FactorisedScores
from lrec.model.ials import IALS

N_ITEMS, N_USERS = 60, 40


class WholeSearch:
    """An index that looks at every item, and counts what it was asked for."""

    def __init__(self, scores: FactorisedScores) -> None:
        self.scores = scores
        self.asked: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self.scores.items)

    def search(self, queries: Floats, k: int) -> Ints | None:
        self.asked.append((len(queries), k))
        return np.argsort(-(queries @ self.scores.items.T), axis=1, kind="stable")[:, :k]


class NoSearch(WholeSearch):
    """An index that never finds enough."""

    def search(self, queries: Floats, k: int) -> Ints | None:
        super().search(queries, k)
        return None


@pytest.fixture(scope="module")
def queries() -> Queries:
    """Histories of 0 to 12 items, in a few of which an item is unknown."""
    draw = np.random.default_rng(5)
    rows = [draw.integers(-1, N_ITEMS, n).tolist() for n in draw.integers(0, 13, N_USERS)]
    history = replace(Histories.of(rows), user=np.arange(N_USERS, dtype=np.int32))
    target = replace(Histories.of([[1]] * N_USERS), user=history.user)
    return Queries(history, history, target)


@pytest.fixture(scope="module")
def model(queries: Queries) -> IALS:
    """Small whole numbers as factors, so that scores tie."""
    model: Any = IALS(factors=3)
    ids = np.array([f"item-{i}" for i in range(N_ITEMS)])
    catalogue = Catalogue(ids, np.arange(N_ITEMS) + 1, np.arange(N_ITEMS) + 1, N_USERS)
    factors = np.random.default_rng(1).integers(-2, 3, (N_ITEMS, 3)).astype(np.float32)
    model.restore({"item_factors": factors}, catalogue)
    fitted: IALS = model
    return fitted


def whole(model: IALS, k: int, kind: type[WholeSearch] = WholeSearch) -> ApproximateRanker:
    index: Any = kind(model.factorised_scores())
    ranker = ranker_of(model, k, index)
    assert isinstance(ranker, ApproximateRanker)
    return ranker


def assert_same(ranker: ApproximateRanker, queries: Queries) -> None:
    found, wanted = ranker(queries), ranker.exact(queries)
    np.testing.assert_allclose(found.scores, wanted.scores, rtol=0, atol=1e-5)
    for row, (one, other) in enumerate(zip(found.items, wanted.items, strict=True)):
        # the last of a list may tie with one that was not looked for
        ended = other < 0
        assert np.array_equal(one < 0, ended)
        last = wanted.scores[row][~ended].min(initial=np.inf)
        above = wanted.scores[row] > last + 1e-4
        assert set(one[above]) == set(other[above])
    assert np.array_equal(found.is_personalised, wanted.is_personalised)
    assert found.ignored == wanted.ignored
    assert np.isnan(found.target_scores).all()


@pytest.mark.parametrize("k", [1, 7, N_ITEMS - 3, 2 * N_ITEMS])
def test_lists_are_those_of_the_ranker(k: int, model: IALS, queries: Queries) -> None:
    ranker = whole(model, k)
    assert_same(ranker, queries)
    index: Any = ranker.index
    assert sum(n for n, _ in index.asked) == ranker.searches(queries).sum()


def test_masked_items_are_looked_for_beyond_the_list(model: IALS, queries: Queries) -> None:
    ranker = whole(model, 4)
    masked = Histories.of([[i % N_ITEMS, -1, N_ITEMS, *range(i)] for i in range(N_USERS)])
    asked = replace(queries, masked_items=masked)
    assert_same(ranker, asked)
    items = ranker(asked).items
    for row, one in enumerate(np.split(masked.item, masked.offsets[1:-1])):
        assert not set(one) & set(items[row])
    index: Any = ranker.index
    assert {k for _, k in index.asked} == {8, 16, 32, N_ITEMS}


def test_some_queries_are_ranked_exactly(
    model: IALS, queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those without a history, and those who mask more than a search looks for."""
    monkeypatch.setattr(approximate_ranker, "MOST", 10)
    ranker = whole(model, 4)
    inside = np.bincount(queries.history.row, queries.history.inside(N_ITEMS), minlength=N_USERS)
    expected = (inside > 0) & (inside + 4 <= 10)
    assert np.array_equal(ranker.searches(queries), expected)
    assert 0 < expected.sum() < N_USERS
    assert_same(ranker, queries)
    everything = replace(queries, masked_items=Histories.of([list(range(N_ITEMS))] * N_USERS))
    assert not ranker.searches(everything).any()
    assert (ranker(everything).items == -1).all()


def test_what_the_index_does_not_find_is_ranked(model: IALS, queries: Queries) -> None:
    ranker = whole(model, 4, NoSearch)
    assert_same(ranker, queries)
    index: Any = ranker.index
    assert index.asked


def test_diverged_model_is_refused_as_by_the_ranker(model: IALS, queries: Queries) -> None:
    broken: Any = IALS(factors=3)
    broken.catalogue, broken.items = model.catalogue, model.items
    broken.encode_histories = lambda histories: np.full((len(histories), 3), np.nan, np.float32)
    with pytest.raises(FloatingPointError, match="model=ials gave scores that are NaN or infinite"):
        whole(broken, 4)(queries)


def test_without_an_index_all_is_ranked(model: IALS) -> None:
    assert isinstance(ranker_of(model, 4, None), Ranker)


def test_no_queries(model: IALS, queries: Queries) -> None:
    ranking = whole(model, 4)(queries.take(np.arange(0)))
    assert ranking.items.shape == ranking.scores.shape == (0, 4)
