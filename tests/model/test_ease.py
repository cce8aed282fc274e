"""Golden test of EASE: its closed form, and the memory that it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, binary, fitted, split_of

from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.data.history_matrix import history_matrix
from lrec.model import ease
from lrec.model.common import memory, saving, sparse_products, symmetric_inverse
from lrec.model.common.protocols import StatelessCallback
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
    assert memory.available_memory() > 2**20
    monkeypatch.setattr(memory, "available_memory", lambda: 100.0)
    with pytest.raises(
        DataError,
        match=r"needs .* GiB of memory for 6 items, and 0\.0 GiB are free.*"
        "model=sparse_ease.*itemknn.*rp3beta",
    ):
        fitted(EASE(), split_of(BASKETS))


class Listener(StatelessCallback):
    """Keeps what a model says."""

    wants_steps = False

    def __init__(self) -> None:
        self.said: list[str] = []
        self.passing: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def status(self, text: str) -> None:
        self.passing.append(text)

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        raise AssertionError("there are no steps")

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        raise AssertionError("there are no epochs")


def test_ease_states_its_memory_first_and_then_its_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "WORTH_A_LINE", 0)
    monkeypatch.setattr(memory, "available_memory", lambda: 3.5 * 2**30)
    monkeypatch.setattr(symmetric_inverse, "LAPACK_BYTES", 0)
    listener = Listener()
    EASE().fit(split_of(BASKETS), callback=listener)
    assert listener.said == [
        "model=ease takes 0.0 GiB of memory of 3.5 GiB that are free, for 6 items"
    ]
    assert listener.passing[-1] == "ease: inverting, 6 of 6 rows are done"


def saved(model: EASE, folder: Path, **arguments: Any) -> int:
    """Bytes of a saved model."""
    saving.save(folder, model, {"_target_": "lrec.model.ease.EASE", **arguments})
    return (folder / saving.STATE).stat().st_size


def test_saved_halves_take_half_and_score_as_the_model_does_then(tmp_path: Path) -> None:
    baskets = [list(row) for row in np.random.default_rng(1).integers(0, 90, (300, 8))]
    histories = Histories.of(baskets)
    whole = fitted(EASE(saved="float32"), split_of(baskets))
    exact = whole.score(histories)
    large = saved(whole, tmp_path / "whole", saved="float32")
    assert np.array_equal(saving.load(tmp_path / "whole").score(histories), exact)
    half = fitted(EASE(), split_of(baskets))
    assert not half.is_saved_exactly
    assert np.array_equal(half.score(histories), exact)  # not rounded before it is saved
    assert saved(half, tmp_path / "half") < 0.6 * large
    loaded = saving.load(tmp_path / "half")
    assert loaded.weights.dtype == np.float32
    assert np.array_equal(loaded.score(histories), half.score(histories))
    assert not np.array_equal(loaded.score(histories), exact)
    np.testing.assert_allclose(loaded.score(histories), exact, atol=1e-3 * np.abs(exact).max())


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_saved_weights_above_a_threshold_are_sparse(kind: Any, tmp_path: Path) -> None:
    weights = fitted(EASE(), split_of(BASKETS)).weights.copy()
    threshold = float(np.median(np.abs(weights)))
    model = fitted(EASE(saved=kind, threshold=threshold), split_of(BASKETS))
    saved(model, tmp_path, saved=kind, threshold=threshold)
    loaded = saving.load(tmp_path)
    kept = np.where(np.abs(weights) >= threshold, weights, 0).astype(kind).astype(np.float32)
    assert np.array_equal(loaded.weights.toarray(), kept)
    histories = Histories.of(BASKETS)
    assert np.array_equal(loaded.score(histories), model.score(histories))
    assert set(loaded.state()) == {"data", "indices", "indptr"}


def test_models_saved_without_the_new_settings_still_load(tmp_path: Path) -> None:
    model = fitted(EASE(saved="float32"), split_of(BASKETS))
    saving.save(tmp_path, model, {"_target_": "lrec.model.ease.EASE", "regularisation": 200.0})
    assert np.array_equal(saving.load(tmp_path).weights, model.weights)


@pytest.mark.parametrize(
    "arguments",
    [
        {"regularisation": 0.0},
        {"recency": -0.5},
        {"threshold": -1.0},
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: "):
        EASE(**arguments)
