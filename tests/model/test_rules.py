"""Golden test of sequential rules: pairs counted in plain Python."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, split_of

from lrec.data.histories import Histories
from lrec.model import rules
from lrec.model.rules import Rules

# With an item that comes back, and one that does so at once.
AGAIN = [*BASKETS, [1, 4, 1, 2], [3, 3, 0]]
QUERIES = [[0], [1, 5], [3, 2, 4], [2, 1, 2], []]


def counted(
    baskets: list[list[int]],
    steps: int,
    decay: float,
    backward: float,
    antecedent: float,
    consequent: float,
    weights: list[list[float]] | None = None,
) -> np.ndarray:
    """The rules between six items."""
    given = weights or [[1.0] * len(basket) for basket in baskets]
    often = [0.0] * 6
    sums = np.zeros((6, 6))
    for basket, weight in zip(baskets, given, strict=True):
        for first, i in enumerate(basket):
            often[i] += weight[first]
            for second in range(first + 1, min(first + steps, len(basket) - 1) + 1):
                j, pair = basket[second], weight[first] * weight[second]
                if i != j:
                    sums[i, j] += pair * (second - first) ** -decay
                    sums[j, i] += pair * (second - first) ** -decay * backward
    for i in range(6):
        for j in range(6):
            sums[i, j] /= often[i] ** antecedent * often[j] ** consequent
    return sums


def best(matrix: np.ndarray, k: int) -> np.ndarray:
    """The k largest entries of each row; of equal ones the first."""
    kept = np.zeros_like(matrix)
    for i, row in enumerate(matrix.astype(np.float32)):
        for j in sorted(range(len(row)), key=lambda j: -row[j])[:k]:
            kept[i, j] = matrix[i, j]
    return kept


def summed(weights: np.ndarray, queries: list[list[int]], recency: float) -> np.ndarray:
    scores = np.zeros((len(queries), 6))
    for row, query in enumerate(queries):
        for step, item in enumerate(reversed(query)):
            if item not in query[len(query) - step :]:  # it counts where it is newest
                scores[row] += recency**step * weights[item]
    return scores


@pytest.mark.parametrize("k", [2, 400])
@pytest.mark.parametrize("backward", [0.0, 0.3])
@pytest.mark.parametrize(("steps", "decay"), [(1, 1.0), (2, 0.5), (10, 0.0)])
def test_rules_are_the_counted_pairs(k: int, backward: float, steps: int, decay: float) -> None:
    model = fitted(Rules(steps, decay, backward, 0.5, 0.2, 0.7, k), split_of(AGAIN))
    weights = best(counted(AGAIN, steps, decay, backward, 0.2, 0.7), k)
    expected = summed(weights, QUERIES, 0.5)
    np.testing.assert_allclose(model.score(Histories.of(QUERIES)), expected, rtol=1e-5)


def test_rules_of_small_blocks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fitted(Rules(), split_of(AGAIN)).state()
    monkeypatch.setattr(rules, "ENTRIES_A_BLOCK", 1)
    for name, array in fitted(Rules(), split_of(AGAIN)).state().items():
        np.testing.assert_array_equal(array, whole[name])


def test_one_step_from_the_newest_item_is_a_markov_chain() -> None:
    """The chance of each item to follow the newest one, where that one was followed."""
    model = fitted(
        Rules(steps=1, backward=0.0, recency=0.0, antecedent=1.0, consequent=0.0), split_of(BASKETS)
    )
    follows = [(a, b) for basket in BASKETS for a, b in pairwise(basket)]
    n = [sum(basket.count(i) for basket in BASKETS) for i in range(6)]
    expected = [[follows.count((a, b)) / n[a] for b in range(6)] for a in (5, 2)]
    queries = Histories.of([[1, 3, 5], [0, 2, 77]])  # 77 is no item of the catalogue
    np.testing.assert_allclose(model.score(queries), expected, rtol=1e-6)


def test_an_interaction_counts_by_its_weight() -> None:
    split = split_of(AGAIN)
    weight = np.random.default_rng(3).choice([0.5, 1, 3], len(split.train.item))
    split = replace(split, train=replace(split.train, weight=weight.astype(np.float32)))
    rows = [row.tolist() for row in np.split(weight, split.train.offsets[1:-1])]
    expected = counted(AGAIN, 3, 1.0, 0.5, 0.4, 0.3, rows)
    model = fitted(Rules(3, 1.0, 0.5, 1.0, 0.4, 0.3), split)
    scores = model.score(Histories.of([[i] for i in range(6)]))
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


def test_items_without_interactions_have_no_rules() -> None:
    split = split_of([[0, 1, 0], [1, 3]])  # there is no 2
    scores = fitted(Rules(antecedent=1.0), split).score(Histories.of([[2], [0, 2]]))
    assert not scores[0].any()
    assert scores[1].nonzero()[0].tolist() == [1]


@pytest.mark.parametrize(
    "arguments",
    [
        {"steps": 0},
        {"rules": 0},
        {"decay": -1.0},
        {"backward": -0.1},
        {"antecedent": -1.0},
        {"consequent": -1.0},
        {"recency": 1.5},
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: "):
        Rules(**arguments)
