"""SimpleX: its loss and its scores, recomputed in plain Python."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.baskets import BASKETS, split_of

from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.model.simplex import SimpleX

pytestmark = pytest.mark.usefixtures("eagerly")

Vector = list[float]


def built(**settings: Any) -> SimpleX:
    keras.utils.set_random_seed(2)
    settings = {"embedding_size": 4, "dropout": 0.0, **settings}
    model = SimpleX(**settings)
    split = split_of(BASKETS)
    model._build(split.catalogue)
    model.prepare(split)
    return model


def parts(model: SimpleX) -> tuple[list[Vector], list[Vector]]:
    """Item vectors, and the map of users."""
    return model.bag.get_weights()[0].tolist(), model.map.get_weights()[0].tolist()


def user_vector(model: SimpleX, history: list[int]) -> Vector:
    """The map of the mean of the history's vectors."""
    items, kernel = parts(model)
    mean = [sum(items[i][d] for i in history) / len(history) for d in range(4)]
    return [sum(mean[d] * kernel[d][e] for d in range(4)) for e in range(4)]


def cosine(x: Vector, y: Vector) -> float:
    return sum(a * b for a, b in zip(x, y, strict=True)) / (math.hypot(*x) * math.hypot(*y))


@pytest.mark.parametrize("margin", [0.0, 0.4])
@pytest.mark.parametrize("regularisation", [0.0, 0.2])
def test_loss_is_the_cosine_contrastive_one(margin: float, regularisation: float) -> None:
    model = built(margin=margin, negative_weight=7.0, regularisation=regularisation)
    items, _ = parts(model)
    rows, drawn = [[0, 2, 5], [4, 1]], [2, 3, 3, 4]
    histories, numbers = tf.ragged.constant(rows, tf.int32), tf.range(2, dtype=tf.int64)
    losses = model.item_losses(numbers, histories, tf.constant(drawn))
    expected = []
    for row in rows:
        for target in row:
            user = user_vector(model, [item for item in row if item != target])
            negatives = [
                max(0.0, cosine(user, items[item]) - margin) for item in drawn if item != target
            ]
            loss = max(0.0, 1 - cosine(user, items[target]))
            loss += 7.0 * sum(negatives) / len(drawn)
            expected.append(loss + regularisation * sum(x * x for x in items[target]))
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-6)
    assert len(set(expected)) == 5


def test_scores_are_cosines() -> None:
    model = built()
    items, _ = parts(model)
    scores = model.score(Histories.of([[3, 0], []]))
    expected = [cosine(user_vector(model, [3, 0]), vector) for vector in items]
    np.testing.assert_allclose(scores[0], expected, rtol=1e-4, atol=1e-6)
    assert (scores[1] == 0).all()


def test_mean_over_examples_is_that_over_targets() -> None:
    """Examples are users with two items or more."""
    model = built()
    n = model.prepare(split_of(BASKETS))
    assert n == sum(len(basket) > 1 for basket in BASKETS)
    model.random.state.state.assign([0, 0])
    examples = tf.range(n, dtype=tf.int64)
    losses = model.losses(examples, tf.constant(0.0))
    model.random.state.state.assign([0, 0])
    drawn = model.random.integers([model.negatives], 6)
    single = model.item_losses(examples, model.histories, drawn)
    assert single.shape == (sum(len(basket) for basket in BASKETS if len(basket) > 1),)
    np.testing.assert_allclose(np.mean(losses), np.mean(single), rtol=1e-5)


def test_data_of_single_items_is_refused() -> None:
    with pytest.raises(DataError, match=r"model=simplex learns an item .* no user has 2"):
        built().prepare(split_of([[0], [1], [2]]))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"margin": 1.0}, "margin must be a cosine from 0 to below 1"),
        ({"negative_weight": 0.0}, "negative_weight must be positive"),
        ({"regularisation": -1.0}, "regularisation must not be negative"),
        ({"dropout": 1.0}, "dropout must be"),
        ({"negatives": 0}, "negatives must be positive"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=f"{words}.*Received"):
        SimpleX(**settings)
