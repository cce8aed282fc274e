"""The losses of next-item prediction, against plain formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from lrec.data.catalogue import Catalogue
from lrec.model.common.losses import NextItemLoss
from lrec.model.layers.random_numbers import RandomStream

N_ITEMS = 7


def catalogue(popularity: list[int]) -> Catalogue:
    counts = np.array(popularity)
    return Catalogue(np.arange(len(counts)).astype(str), counts, counts, int(counts.sum()))


def loss_of(name: Any, drawn: Any, logq: bool = False) -> tuple[list[float], Any, list[int]]:
    generator = np.random.default_rng(1)
    states = generator.normal(size=(3, 4)).astype(np.float32)
    table = generator.normal(size=(N_ITEMS, 4)).astype(np.float32)
    targets = [2, 5, 0]
    loss = NextItemLoss(
        loss=name,
        negatives=np.shape(drawn)[-1],
        shared=np.ndim(drawn) == 1,
        sampling="popularity",
        logq=logq,
        calibration=0.75,
    )
    loss.prepare(catalogue([1, 2, 3, 4, 5, 6, 7]))
    losses = loss(tf.constant(states), tf.constant(table), tf.constant(targets), tf.constant(drawn))
    return [float(x) for x in losses], states @ table.T, targets


DRAWN = {"shared": [1, 2, 6], "own": [[1, 2, 6], [5, 3, 3], [4, 4, 1]]}


def negatives_of(drawn: Any, row: int, target: int) -> list[int]:
    mine = drawn if np.ndim(drawn) == 1 else drawn[row]
    return [item for item in mine if item != target]


def test_softmax_is_over_the_catalogue() -> None:
    losses, scores, targets = loss_of("softmax", [0])
    for value, row, target in zip(losses, scores, targets, strict=True):
        assert value == pytest.approx(
            -math.log(math.exp(row[target]) / np.exp(row).sum()), rel=1e-5
        )


@pytest.mark.parametrize("logq", [False, True])
@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_sampled_softmax_is_over_the_target_and_the_negatives(drawn: Any, logq: bool) -> None:
    losses, scores, targets = loss_of("sampled_softmax", drawn, logq)
    chance = np.arange(1, 8) / 28
    if logq:
        scores = scores - np.log(chance)
    for row, (value, target) in enumerate(zip(losses, targets, strict=True)):
        items = [target, *negatives_of(drawn, row, target)]
        total = sum(math.exp(scores[row][item]) for item in items)
        assert value == pytest.approx(math.log(total) - scores[row][target], rel=1e-5)


@pytest.mark.parametrize("name", ["bce", "gbce"])
@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_binary_losses(name: str, drawn: Any) -> None:
    losses, scores, targets = loss_of(name, drawn)
    alpha = 3 / (N_ITEMS - 1)
    beta = alpha * (0.75 * (1 - 1 / alpha) + 1 / alpha) if name == "gbce" else 1.0

    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    for row, (value, target) in enumerate(zip(losses, targets, strict=True)):
        expected = -math.log(sigmoid(scores[row][target]) ** beta)
        for item in negatives_of(drawn, row, target):
            expected -= math.log(1 - sigmoid(scores[row][item]))
        assert value == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("sampling", ["uniform", "popularity"])
@pytest.mark.parametrize("shared", [True, False])
def test_negatives_are_drawn_in_proportion(sampling: Any, shared: bool) -> None:
    tf.keras.utils.set_random_seed(3)
    popularity = [1, 2, 4, 8]
    loss = NextItemLoss(
        loss="bce", negatives=5000, shared=shared, sampling=sampling, logq=False, calibration=0.0
    )
    loss.prepare(catalogue(popularity))
    drawn = loss.draw(tf.zeros(4), RandomStream()).numpy()
    assert drawn.shape == ((5000,) if shared else (4, 5000))
    share = np.bincount(drawn.ravel(), minlength=4) / drawn.size
    expected = np.array(popularity) / 15 if sampling == "popularity" else np.full(4, 0.25)
    np.testing.assert_allclose(share, expected, atol=0.03)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((0, 0.5), "negatives"), ((1, 1.5), "calibration"), ((1, -1), "0 to 1")],
)
def test_losses_refuse_what_makes_no_sense(arguments: tuple[int, float], words: str) -> None:
    negatives, calibration = arguments
    with pytest.raises(ValueError, match=rf"{words}.*Received"):
        NextItemLoss(
            loss="gbce",
            negatives=negatives,
            shared=True,
            sampling="uniform",
            logq=False,
            calibration=calibration,
        )
