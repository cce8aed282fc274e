"""Golden tests of the closed-form and neighbourhood models: each formula in plain Python."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, keep_best, split_of

from lrec.base.errors import DataError
from lrec.data.dataset.csv import CSV
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.model import ease
from lrec.model.common import item_item
from lrec.model.ease import EASE
from lrec.model.ials import IALS
from lrec.model.itemknn import ItemKNN
from lrec.model.popularity import DAY, Popularity
from lrec.model.rp3beta import RP3Beta


def binary(baskets: list[list[int]]) -> np.ndarray:
    matrix = np.zeros((len(baskets), max(map(max, baskets)) + 1))
    for user, basket in enumerate(baskets):
        matrix[user, basket] = 1
    return matrix


@pytest.mark.parametrize("k", [1, 2, 100])
@pytest.mark.parametrize("shrink", [0.0, 3.0])
def test_itemknn_is_the_cosine_with_shrink(k: int, shrink: float) -> None:
    weights = {}
    for i in range(6):
        for j in range(6):
            both = sum(i in basket and j in basket for basket in BASKETS)
            n_i, n_j = (sum(x in basket for basket in BASKETS) for x in (i, j))
            if i != j and both:
                weights[i, j] = both / ((n_i * n_j) ** 0.5 + shrink)
    model = fitted(ItemKNN(k, shrink), split_of(BASKETS))
    expected = binary([[0], [1, 5], [3, 2]]) @ keep_best(weights, 6, k)[[0, 1, 2, 3, 4, 5]]
    scores = model.score(Histories.of([[0], [1, 5], [3, 2]]))
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (0.5, 0.3), (1.4, 1.0)])
def test_rp3beta_walks_over_users(alpha: float, beta: float) -> None:
    weights: dict[tuple[int, int], float] = {}
    count = [sum(i in basket for basket in BASKETS) for i in range(6)]
    for basket in BASKETS:
        for i in basket:
            for j in basket:
                walk = (1 / count[i]) ** alpha * (1 / len(basket)) ** alpha / count[j] ** beta
                if i != j:
                    weights[i, j] = weights.get((i, j), 0) + walk
    model = fitted(RP3Beta(3, alpha, beta), split_of(BASKETS))
    scores = model.score(Histories.of([[i] for i in range(6)]))
    np.testing.assert_allclose(scores, keep_best(weights, 6, 3), rtol=1e-5)


def test_items_that_come_twice_count_once() -> None:
    again = [[*basket, basket[0]] for basket in BASKETS]
    for model, other in ((ItemKNN(), ItemKNN()), (RP3Beta(), RP3Beta()), (EASE(), EASE())):
        once, twice = fitted(model, split_of(BASKETS)), fitted(other, split_of(again))
        expected = once.score(Histories.of([[3, 1]]))
        np.testing.assert_allclose(twice.score(Histories.of([[1, 3, 1]])), expected, rtol=1e-5)


def test_products_in_small_blocks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fitted(ItemKNN(2), split_of(BASKETS)).state()
    grams = ease.gram(item_item.history_matrix(Histories.of(BASKETS), 6))
    monkeypatch.setattr(item_item, "ENTRIES_A_BLOCK", 3)
    parts = fitted(ItemKNN(2), split_of(BASKETS)).state()
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)
    counts = ease.gram(item_item.history_matrix(Histories.of(BASKETS), 6))
    assert np.array_equal(counts, grams)
    assert np.array_equal(counts, binary(BASKETS).T @ binary(BASKETS))


def test_largest_keeps_what_a_sort_of_each_row_keeps() -> None:
    generator = np.random.default_rng(3)
    dense = generator.choice([0, 0, 0.25, 0.5, 1e-30, 3e30, 0.1], (40, 300)).astype(np.float32)
    row, column = np.nonzero(dense)
    order = generator.permutation(len(row))
    row, column = row[order], column[order]
    values, columns, counts = item_item.largest(row, column, dense[row, column], 7, dense.shape)
    expected = np.argsort(-dense, axis=1, kind="stable")[:, :7]
    assert counts.tolist() == [7] * 40
    assert np.array_equal(columns.reshape(40, 7), expected)
    assert np.array_equal(values.reshape(40, 7), np.take_along_axis(dense, expected, axis=1))


@pytest.mark.parametrize("regularisation", [0.5, 20.0])
def test_ease_is_its_closed_form(regularisation: float) -> None:
    x = binary(BASKETS)
    inverse = np.linalg.inv(x.T @ x + regularisation * np.eye(6))
    expected = np.zeros((6, 6))
    for i in range(6):
        for j in range(6):
            if i != j:
                expected[i, j] = -inverse[i, j] / inverse[j, j]
    model = fitted(EASE(regularisation), split_of(BASKETS))
    scores = model.score(Histories.of([[i] for i in range(6)]))
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-6)


def test_ease_mirrors_every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fitted(EASE(2.0), split_of(BASKETS)).state()["weights"].copy()
    monkeypatch.setattr(ease, "ROWS", 4)
    assert np.array_equal(fitted(EASE(2.0), split_of(BASKETS)).state()["weights"], whole)


def test_ease_refuses_what_memory_cannot_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ease.available_memory() > 2**20
    monkeypatch.setattr(ease, "available_memory", lambda: 100.0)
    with pytest.raises(DataError, match=r"needs .* GiB of memory for 6 items.*itemknn.*rp3beta"):
        fitted(EASE(), split_of(BASKETS))


@pytest.mark.parametrize("model", [ItemKNN(recency=0.5), RP3Beta(recency=0.5), EASE(recency=0.5)])
def test_recency_weighs_each_step_back(model: Any) -> None:
    fitted(model, split_of(BASKETS))
    scores = model.score(Histories.of([[2, 77, 0, 2, 5]]))[0]  # the newer 2; 77 is unknown
    model.recency = 1.0
    zero, two, five = model.score(Histories.of([[0], [2], [5]]))
    np.testing.assert_allclose(scores, 0.25 * zero + 0.5 * two + five, rtol=1e-5, atol=1e-7)


def explicit_solve(fixed: np.ndarray, entries: list[int], alpha: float, ridge: float) -> np.ndarray:
    left = alpha * fixed.T @ fixed + ridge * np.eye(fixed.shape[1])
    for entry in entries:
        left += np.outer(fixed[entry], fixed[entry])
    return np.asarray(np.linalg.solve(left, fixed[entries].sum(axis=0)))


@pytest.mark.parametrize("factors", [2, 4, 9])  # rows shorter and longer than the factors
@pytest.mark.parametrize("exponent", [0.0, 0.7, 1.0])
def test_ials_is_an_explicit_solve_for_each_user_and_item(factors: int, exponent: float) -> None:
    alpha, penalty = 0.3, 0.05
    one, two = (IALS(factors, n, alpha, penalty, exponent) for n in (1, 2))
    before = fitted(one, split_of(BASKETS)).state()["item_factors"].astype(float)
    after = fitted(two, split_of(BASKETS)).state()["item_factors"]

    def ridge(n: int, others: int) -> float:
        return float(penalty * (n + alpha * others) ** exponent)

    users = np.array([explicit_solve(before, b, alpha, ridge(len(b), 6)) for b in BASKETS])
    takers = [[u for u, basket in enumerate(BASKETS) if i in basket] for i in range(6)]
    items = [explicit_solve(users, t, alpha, ridge(len(t), len(BASKETS))) for t in takers]
    np.testing.assert_allclose(after, items, rtol=1e-3, atol=1e-4)
    history = Histories.of([[3, 0], [0, 1, 2, 3, 4, 5]])
    folded = [explicit_solve(before, h, alpha, ridge(len(h), 6)) for h in ([3, 0], list(range(6)))]
    np.testing.assert_allclose(one.score(history), folded @ before.T, rtol=1e-3, atol=1e-4)


def test_ials_loss_falls_with_iterations(tiny: Path) -> None:
    split = LeaveOneOut()(CSV(str(tiny)).load())
    n_users, n_items = len(split.train), split.catalogue.n_items
    alpha, penalty = 0.2, 0.01
    seen = np.zeros((n_users, n_items))
    seen[split.train.row, split.train.item] = 1
    losses = []
    for iterations in (1, 2, 3, 6, 12):
        model = fitted(IALS(5, iterations, alpha, penalty), split)
        items = model.state()["item_factors"].astype(float)
        predicted = model.score(split.train).astype(float)
        users = predicted @ np.linalg.pinv(items.T)
        loss = (seen * (predicted - 1) ** 2).sum() + alpha * (predicted**2).sum()
        for factors, others, count in (
            (users, n_items, seen.sum(axis=1)),
            (items, n_users, seen.sum(axis=0)),
        ):
            loss += penalty * ((count + alpha * others) * (factors**2).sum(axis=1)).sum()
        losses.append(loss)
    assert (np.diff(losses) < 0).all(), losses


def test_ials_seed_decides_its_start() -> None:
    same, again, other = (
        fitted(IALS(3, 1), split_of(BASKETS), seed).state()["item_factors"] for seed in (1, 1, 2)
    )
    assert np.array_equal(same, again)
    assert not np.array_equal(same, other)


def test_popularity_of_the_last_days() -> None:
    times = [day * DAY for day in (0, 0, 0, 1, 2, 3, 8, 9, 9, 10)]
    split = split_of([[0, 0, 0, 1, 2, 3, 1, 2, 4, 2]], times)
    split = replace(split, catalogue=replace(split.catalogue, popularity=np.array([9, 4, 4, 2, 2])))
    nobody = Histories.of([[]])
    # more than 2 days before the newest is too old: items 2 (2), 4 (1); 1 (8 days) is out
    scores = fitted(Popularity(window=2), split).score(nobody)[0]
    assert np.argsort(-scores, kind="stable").tolist() == [2, 4, 0, 1, 3]
    # 2.5 days: item 1 comes in, and beats item 4, which is as recent and less popular
    scores = fitted(Popularity(window=2.5), split).score(nobody)[0]
    assert np.argsort(-scores, kind="stable").tolist() == [2, 1, 4, 0, 3]
    assert fitted(Popularity(), split).score(nobody).tolist() == [[9, 4, 4, 2, 2]]


def test_popularity_window_is_kept_and_ties_stay_ties() -> None:
    split = split_of([[0, 1, 2]], [5 * DAY, 5 * DAY, 0])
    model = fitted(Popularity(window=1), split)
    assert model.score(Histories.of([[]])).tolist() == [[1, 1, 0]]
    loaded = Popularity(window=1)
    loaded.restore(model.state(), split.catalogue)
    assert loaded.score(Histories.of([[]])).tolist() == [[1, 1, 0]]


def test_popularity_window_needs_a_clock() -> None:
    with pytest.raises(DataError, match=r"no timestamps that are a clock"):
        fitted(Popularity(window=7), split_of(BASKETS))
    positions = replace(split_of([[0, 1]], [0, 1]), clock=False)
    with pytest.raises(DataError, match=r"no timestamps that are a clock"):
        fitted(Popularity(window=7), positions)
    fitted(Popularity(), positions)


@pytest.mark.parametrize("clock", [True, False])
def test_split_knows_whether_there_is_a_clock(tiny: Path, clock: bool) -> None:
    data: Interactions = CSV(str(tiny), clock=clock).load()
    assert LeaveOneOut()(data).clock is clock


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        (ItemKNN, {"neighbours": 0}),
        (ItemKNN, {"shrink": -1.0}),
        (ItemKNN, {"recency": 0.0}),
        (RP3Beta, {"neighbours": 0}),
        (RP3Beta, {"alpha": -0.1}),
        (RP3Beta, {"beta": -0.1}),
        (RP3Beta, {"recency": 1.1}),
        (EASE, {"regularisation": 0.0}),
        (EASE, {"recency": -0.5}),
        (IALS, {"factors": 0}),
        (IALS, {"iterations": 0}),
        (IALS, {"alpha": 0.0}),
        (IALS, {"regularisation": 0.0}),
        (IALS, {"frequency_exponent": 1.5}),
        (Popularity, {"window": 0.0}),
    ],
)
def test_arguments_out_of_range_are_refused(model: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: "):
        model(**arguments)
