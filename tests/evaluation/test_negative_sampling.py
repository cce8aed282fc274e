"""Negatives are new to their user, different, drawn as said, and the same for every model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.splits import ALL, NAMES, big
from hypothesis import given, settings
from hypothesis import strategies as st

from lrec.base.errors import DataError
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.data.split import EXCLUDED, Splitter
from lrec.evaluation.negative_sampling import By, Negatives

MASK = 2**64 - 1


def catalogue_of(popularity: list[int]) -> Catalogue:
    counts = np.array(popularity)
    return Catalogue(np.array([f"i{i}" for i in range(len(counts) + 1)]), counts, counts, 9)


def queries_of(history: list[list[int]], target: list[list[int]]) -> Queries:
    user = np.arange(len(history), dtype=np.int32)
    histories, targets = (replace(Histories.of(rows), user=user) for rows in (history, target))
    return Queries(histories, histories, targets)


def splitmix(x: int) -> int:
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def drawn_plainly(
    user: int, target: int, known: set[int], weights: list[int], n: int, seed: int
) -> list[int]:
    """Negatives of one target: the numbers of the hash, over items repeated by weight."""
    flat = [i for i, weight in enumerate(weights) if i not in known for _ in range(weight)]
    key = splitmix(splitmix(splitmix(seed) ^ user) ^ target)
    attempt, drawn = list(range(n)), [-1] * n
    columns = list(range(n))
    while columns:
        for c in columns:
            drawn[c] = flat[splitmix((key + attempt[c]) & MASK) % len(flat)]
            attempt[c] += n
        columns = [c for c in range(n) if drawn[c] in drawn[:c]]
    return drawn


@pytest.mark.parametrize("by", ["uniform", "popularity"])
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_draw_is_that_of_plain_python(by: By, data: st.DataObject) -> None:
    popularity = data.draw(st.lists(st.integers(0, 5), min_size=12, max_size=20))
    popularity[:5] = [1, 2, 3, 4, 5]
    code = st.integers(0, len(popularity))  # the last one is outside of the catalogue
    rows = st.lists(st.lists(code, min_size=1, max_size=3), min_size=3, max_size=3)
    history, target = data.draw(rows), data.draw(rows)
    queries, seed = queries_of(history, target), data.draw(st.integers(0, 9))
    weights = [1] * len(popularity) if by == "uniform" else popularity
    known = [{*h, *t} for h, t in zip(history, target, strict=True)]
    n = min(sum(w > 0 for i, w in enumerate(weights) if i not in own) for own in known)
    if not n:
        return
    found = Negatives(catalogue_of(popularity), n, by, seed)(queries)
    expected = [
        drawn_plainly(user, item, known[user], weights, n, seed)
        for user, items in enumerate(target)
        for item in items
    ]
    assert found.tolist() == expected
    with pytest.raises(DataError, match=rf"somebody has {n} of them\. Received: {n + 1}"):
        Negatives(catalogue_of(popularity), n + 1, by, seed)(queries)


@pytest.mark.filterwarnings("ignore:.*items that the user has already")
@pytest.mark.parametrize("splitter", ALL, ids=NAMES)
def test_negatives_are_in_no_part_of_the_users_data(splitter: Splitter) -> None:
    data = big().by_user()
    split = splitter(data)
    drawn = split.catalogue.ids[Negatives(split.catalogue, 5)(split.test)]
    known = splitter.assign(data) != EXCLUDED  # of what a split leaves out nobody knows
    for row, items in zip(split.test.target.row.tolist(), drawn.tolist(), strict=True):
        own = data.item_ids[data.item[known & (data.user == split.test.user[row])]].tolist()
        assert len(set(items)) == 5
        assert not set(items) & set(own)


def test_seed_and_target_decide_and_not_who_else_is_asked_about() -> None:
    queries = queries_of([[0], [1], [2]], [[5, 6], [5], [7]])
    negatives = Negatives(catalogue_of([1] * 100), 10)
    drawn = negatives(queries)
    assert len({tuple(row) for row in drawn.tolist()}) == 4
    np.testing.assert_array_equal(negatives(queries.take(np.array([2, 0]))), drawn[[3, 0, 1]])
    other = Negatives(catalogue_of([1] * 100), 10, seed=1)(queries)
    assert (other != drawn).any(axis=1).all()


@pytest.mark.parametrize(
    ("by", "shares"), [("uniform", [1, 1, 1, 1]), ("popularity", [1, 2, 3, 4])]
)
def test_items_are_as_frequent_as_said(by: By, shares: list[int]) -> None:
    n = 20_000
    user = np.arange(n, dtype=np.int32)
    histories = Histories(user, np.arange(n + 1), np.zeros(n, np.int32))
    drawn = Negatives(catalogue_of([9, *shares]), 1, by)(Queries(histories, histories, histories))
    counts = np.bincount(drawn.ravel(), minlength=5)
    assert counts[0] == 0
    expected = np.full(4, 0.25) if by == "uniform" else np.array(shares) / sum(shares)
    spread = np.sqrt(n * expected * (1 - expected))
    assert (np.abs(counts[1:] - n * expected) < 4 * spread).all()
