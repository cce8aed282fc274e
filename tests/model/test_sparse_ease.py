"""Golden test of sparse EASE: the regression of each item on its neighbours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, binary, fitted, split_of

from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.model import sparse_ease
from lrec.model.common import memory
from lrec.model.common.protocols import StatelessCallback
from lrec.model.ease import EASE
from lrec.model.sparse_ease import SparseEASE


def regressions(x: np.ndarray, penalty: float, k: int) -> np.ndarray:
    """Ridge regressions of each column on those that explain it best alone, one by one."""
    n = x.shape[1]
    expected = np.zeros((n, n))
    for j in range(n):
        share = {
            i: sum(row[i] * row[j] for row in x) ** 2 / (sum(row[i] ** 2 for row in x) + penalty)
            for i in range(n)
            if i != j
        }
        chosen = sorted((i for i in share if share[i] > 0), key=lambda i: -share[i])[:k]
        design = np.vstack([x[:, chosen], np.sqrt(penalty) * np.eye(len(chosen))])
        target = np.concatenate([x[:, j], np.zeros(len(chosen))])
        expected[chosen, j] = np.linalg.lstsq(design, target, rcond=None)[0]
    return expected


def weights_of(model: SparseEASE) -> np.ndarray:
    return np.asarray(model.score(Histories.of([[i] for i in range(model.catalogue.n_items)])))


@pytest.mark.parametrize("k", [1, 2, 3, 100])
@pytest.mark.parametrize("regularisation", [0.7, 20.0])
def test_each_item_is_regressed_on_its_neighbours(k: int, regularisation: float) -> None:
    model = fitted(SparseEASE(regularisation, k), split_of(BASKETS))
    expected = regressions(binary(BASKETS), regularisation, k)
    np.testing.assert_allclose(weights_of(model), expected, rtol=1e-4, atol=1e-6)


def test_regressions_count_by_weight() -> None:
    split = split_of(BASKETS)
    weight = np.random.default_rng(2).choice([0.5, 1, 3], len(split.train.item))
    x = np.zeros((len(BASKETS), 6))
    x[split.train.row, split.train.item] = weight
    split = replace(split, train=replace(split.train, weight=weight.astype(np.float32)))
    model = fitted(SparseEASE(3.0, 2), split)
    np.testing.assert_allclose(weights_of(model), regressions(x, 3.0, 2), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("batch", [1, 5000, 2**24])
def test_with_all_items_as_neighbours_it_is_ease(
    batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of items that all have users in common: the others are no neighbours."""
    monkeypatch.setattr(sparse_ease, "NUMBERS_A_BATCH", batch)
    generator = np.random.default_rng(3)
    baskets = [generator.choice(40, 15, replace=False).tolist() for _ in range(300)]
    x = binary(baskets)
    assert (x.T @ x > 0).all()
    split = split_of(baskets)
    dense = fitted(EASE(30.0), split)
    histories = Histories.of(baskets)
    sparse = fitted(SparseEASE(30.0, 39, recency=1.0), split)
    np.testing.assert_allclose(sparse.score(histories), dense.score(histories), atol=1e-5)
    fewer = fitted(SparseEASE(30.0, 10, recency=1.0), split)
    assert np.abs(fewer.score(histories) - dense.score(histories)).max() > 1e-2
    assert fewer.weights.nnz == 10 * 40


def test_items_without_company_have_no_weights() -> None:
    model = fitted(SparseEASE(1.0), split_of([[0, 1], [2], [1, 0]]))
    assert weights_of(model)[2].tolist() == weights_of(model)[:, 2].tolist() == [0, 0, 0]
    alone = fitted(SparseEASE(1.0), split_of([[0], [1]]))
    assert alone.weights.nnz == 0


class Listener(StatelessCallback):
    """Keeps what a model says in passing."""

    def __init__(self) -> None:
        self.passing: list[str] = []

    def status(self, text: str) -> None:
        self.passing.append(text)


def test_progress_is_told() -> None:
    listener = Listener()
    SparseEASE().fit(split_of(BASKETS), callback=listener)
    assert listener.passing[-1] == "sparse_ease: 6 of 6 items are solved"


def test_pairs_that_memory_cannot_hold_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 100.0)
    with pytest.raises(DataError, match=r"model=sparse_ease needs .* 6 items.*itemknn.*rp3beta"):
        fitted(SparseEASE(), split_of(BASKETS))


@pytest.mark.parametrize(
    "arguments", [{"regularisation": 0.0}, {"neighbours": 0}, {"recency": -0.5}]
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: "):
        SparseEASE(**arguments)
