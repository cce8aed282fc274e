"""Golden test of EASE: its closed form, and the memory that it needs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, binary, fitted, split_of

from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.data.history_matrix import history_matrix
from lrec.model import ease
from lrec.model.common import sparse_products, symmetric_inverse
from lrec.model.ease import EASE


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
    monkeypatch.setattr(symmetric_inverse, "ROWS", 4)
    assert np.array_equal(fitted(EASE(2.0), split_of(BASKETS)).state()["weights"], whole)


def test_gram_matrix_of_small_blocks_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    users = history_matrix(Histories.of(BASKETS), 6)
    whole = ease.gram(users)
    monkeypatch.setattr(sparse_products, "ENTRIES_A_BLOCK", 3)
    counts = ease.gram(users)
    assert np.array_equal(counts, whole)
    assert np.array_equal(counts, binary(BASKETS).T @ binary(BASKETS))


def test_ease_refuses_what_memory_cannot_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ease.available_memory() > 2**20
    monkeypatch.setattr(ease, "available_memory", lambda: 100.0)
    with pytest.raises(DataError, match=r"needs .* GiB of memory for 6 items.*itemknn.*rp3beta"):
        fitted(EASE(), split_of(BASKETS))


@pytest.mark.parametrize(
    "arguments",
    [
        {"regularisation": 0.0},
        {"recency": -0.5},
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: "):
        EASE(**arguments)
