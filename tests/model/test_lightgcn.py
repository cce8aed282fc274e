"""LightGCN: its propagation, its fold-in and its loss, recomputed in plain Python."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.baskets import BASKETS, split_of
from helpers.cli import SilentCallback

from lrec.data.histories import Histories
from lrec.model import Pretrained
from lrec.model.lightgcn import LightGCN
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy.cpu import CPU

pytestmark = pytest.mark.usefixtures("eagerly")

N_ITEMS = 6
Vectors = list[list[float]]
DEGREE = [sum(item in basket for basket in BASKETS) for item in range(N_ITEMS)]


def built(**settings: Any) -> LightGCN:
    keras.utils.set_random_seed(2)
    model = LightGCN(embedding_size=4, **settings)
    split = split_of(BASKETS)
    model.n_users = len(BASKETS)
    model._build(split.catalogue)
    model.train_steps()
    model.prepare(split)
    return model


def trained(model: LightGCN, baskets: list[list[int]], epochs: int = 2) -> LightGCN:
    strategy = CPU()
    strategy.start()
    schedule = Trainer(epochs=epochs, batch_size=4, learning_rate=0.05, patience=None)
    model.fit(split_of(baskets), schedule, strategy, 1, SilentCallback())  # type: ignore[arg-type]
    return model


def vectors_of(layer: Any) -> Vectors:
    vectors: Vectors = layer.get_weights()[0].tolist()
    return vectors


def spread(model: LightGCN, layers: int) -> tuple[Vectors, Vectors]:
    """Items and users: the mean over the layers, each a walk along the edges."""
    edges = [(u, i) for u, basket in enumerate(BASKETS) for i in basket]
    items, users = vectors_of(model.embedding), vectors_of(model.users)
    kept = [(items, users)]
    for _ in range(layers):
        new_items, new_users = ([[0.0] * 4 for _ in rows] for rows in (items, users))
        for u, i in edges:
            norm = math.sqrt(len(BASKETS[u]) * DEGREE[i])
            for d in range(4):
                new_users[u][d] += items[i][d] / norm
                new_items[i][d] += users[u][d] / norm
        items, users = new_items, new_users
        kept.append((items, users))

    def mean(of: list[Vectors]) -> Vectors:
        n = len(of)
        return [[sum(layer[r][d] for layer in of) / n for d in range(4)] for r in range(len(of[0]))]

    return mean([items for items, _ in kept]), mean([users for _, users in kept])


def user_vector(items: Vectors, history: list[int]) -> list[float]:
    return [
        sum(items[i][d] / math.sqrt(len(history) * DEGREE[i]) for i in history)
        for d in range(len(items[0]))
    ]


def product(x: list[float], y: list[float]) -> float:
    return sum(a * b for a, b in zip(x, y, strict=True))


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_vectors_spread_over_the_graph(layers: int) -> None:
    model = built(layers=layers)
    items, users = spread(model, layers)
    got_items, got_users = model._spread()
    np.testing.assert_allclose(got_items, items, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(got_users, users, rtol=1e-4, atol=1e-6)
    model._keep_items()
    np.testing.assert_array_equal(model.table(), got_items)


def test_history_is_folded_in_by_the_degrees() -> None:
    model = built()
    model._keep_items()
    items, _ = spread(model, 3)
    user = user_vector(items, [3, 0])
    scores = model.score(Histories.of([[3, 0], []]))
    np.testing.assert_allclose(scores[0], [product(user, v) for v in items], rtol=1e-4, atol=1e-6)
    assert (scores[1] == 0).all()


def test_loss_is_bpr_with_the_vectors_of_users() -> None:
    model = built(regularisation=0.3)
    items, users = spread(model, 3)
    start, people = vectors_of(model.embedding), vectors_of(model.users)
    examples, drawn = [2, 0, 5], [2, 3, 3, 4]
    rows = [BASKETS[u] for u in examples]
    losses = model.item_losses(
        tf.constant(examples, tf.int64), tf.ragged.constant(rows, tf.int32), tf.constant(drawn)
    )
    mean_size = sum(product(start[j], start[j]) for j in drawn) / len(drawn)
    expected = []
    for u in examples:
        for target in BASKETS[u]:
            ahead = [
                product(users[u], items[target]) - product(users[u], items[item])
                for item in drawn
                if item != target
            ]
            loss = sum(math.log(1 + math.exp(-x)) for x in ahead) / len(drawn)
            size = product(people[u], people[u]) + product(start[target], start[target])
            expected.append(loss + 0.3 / 2 * (size + mean_size))
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-6)


def test_gradient_goes_through_the_graph() -> None:
    model = built(regularisation=0.0)
    examples, drawn = tf.constant([2, 3], tf.int64), tf.constant([3, 5])
    histories = tf.ragged.constant([BASKETS[2], BASKETS[3]], tf.int32)

    def loss() -> Any:
        return tf.reduce_sum(model.item_losses(examples, histories, drawn))

    for layer in (model.embedding, model.users):
        variable = layer.embeddings.value
        with tf.GradientTape() as tape:
            value = loss()
        gradient = tf.convert_to_tensor(tape.gradient(value, variable)).numpy()
        start = np.array(variable)
        for place in ((0, 1), (3, 0), (5, 3)):
            ends = []
            for step in (0.05, -0.05):
                moved = start.copy()
                moved[place] += step
                variable.assign(moved)
                ends.append(float(loss()))
            np.testing.assert_allclose(
                gradient[place], (ends[0] - ends[1]) / 0.1, rtol=0.02, atol=1e-4
            )
            variable.assign(start)


def test_saved_model_has_items_alone() -> None:
    model = trained(LightGCN(embedding_size=4), BASKETS)
    shapes = {array.shape for array in model.state().values()}
    assert shapes == {(N_ITEMS, 4)}
    np.testing.assert_allclose(model.table(), spread(model, 3)[0], rtol=1e-4, atol=1e-6)


def test_training_goes_on_with_more_items() -> None:
    old = trained(LightGCN(embedding_size=4), BASKETS)
    catalogue = split_of(BASKETS).catalogue
    new = LightGCN(embedding_size=4)
    new.warm_start(Pretrained("run", old.state(), catalogue))
    more = [*BASKETS, [0, 6], [6, 3]]
    strategy = CPU()
    strategy.start()
    schedule = Trainer(epochs=1, batch_size=99, learning_rate=1e-6, patience=None)
    new.fit(split_of(more), schedule, strategy, 1, SilentCallback())  # type: ignore[arg-type]
    vectors = np.asarray(vectors_of(new.embedding))
    np.testing.assert_allclose(vectors[:N_ITEMS], vectors_of(old.embedding), atol=1e-5)
    assert vectors.shape == (7, 4)
    assert not np.allclose(new.table()[:N_ITEMS], old.table())


def test_weights_are_no_edges() -> None:
    """A weighted interaction is an edge like any other; its loss counts."""
    split = split_of(BASKETS)
    weight = np.linspace(1, 3, len(split.train.item)).astype(np.float32)
    model = built()
    model._keep_items()
    before = np.asarray(model.table())
    model.prepare(replace(split, train=replace(split.train, weight=weight)))
    model._keep_items()
    np.testing.assert_array_equal(model.table(), before)


@pytest.mark.parametrize("settings", [{"layers": -1}, {"regularisation": -1.0}, {"negatives": 0}])
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(settings))} must .*Received"):
        LightGCN(**settings)
