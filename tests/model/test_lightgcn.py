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
    model._build(split.catalogue)
    model.prepare(split)
    return model


def trained(model: LightGCN, baskets: list[list[int]], epochs: int = 2) -> LightGCN:
    strategy = CPU()
    strategy.start()
    schedule = Trainer(epochs=epochs, batch_size=4, learning_rate=0.05, patience=None)
    model.fit(split_of(baskets), schedule, strategy, 1, SilentCallback())  # type: ignore[arg-type]
    return model


def embeddings(model: LightGCN) -> Vectors:
    vectors: Vectors = model.embedding.get_weights()[0].tolist()
    return vectors


def spread(start: Vectors, layers: int) -> Vectors:
    """The mean over the layers of a graph whose users start at 0."""
    edges = [(u, i) for u, basket in enumerate(BASKETS) for i in basket]
    items, size = start, len(start[0])
    kept = [start]
    for _ in range(layers):
        users = [[0.0] * size for _ in BASKETS]
        for u, i in edges:
            for d in range(size):
                users[u][d] += items[i][d] / math.sqrt(len(BASKETS[u]) * DEGREE[i])
        items = [[0.0] * size for _ in start]
        for u, i in edges:
            for d in range(size):
                items[i][d] += users[u][d] / math.sqrt(len(BASKETS[u]) * DEGREE[i])
        kept.append(items)
    return [
        [sum(layer[i][d] for layer in kept) / len(kept) for d in range(size)]
        for i in range(len(start))
    ]


def user_vector(items: Vectors, history: list[int]) -> list[float]:
    return [
        sum(items[i][d] / math.sqrt(len(history) * DEGREE[i]) for i in history)
        for d in range(len(items[0]))
    ]


def product(x: list[float], y: list[float]) -> float:
    return sum(a * b for a, b in zip(x, y, strict=True))


@pytest.mark.parametrize("layers", [0, 1, 2])
def test_vectors_spread_over_the_graph(layers: int) -> None:
    model = built(layers=layers)
    model._keep_spread()
    expected = spread(embeddings(model), layers)
    np.testing.assert_allclose(model.table(), expected, rtol=1e-4, atol=1e-6)


def test_papers_propagation_with_users_at_zero_gives_the_same_scores() -> None:
    """Three layers of the paper, all of them one product with the adjacency of both kinds."""
    model = built(layers=1)
    model._keep_spread()
    n_users = len(BASKETS)
    adjacency = np.zeros((n_users + N_ITEMS, n_users + N_ITEMS))
    for u, basket in enumerate(BASKETS):
        for i in basket:
            adjacency[u, n_users + i] = adjacency[n_users + i, u] = 1
    scale = 1 / np.sqrt(adjacency.sum(axis=1))
    adjacency *= scale[:, None] * scale
    vectors = np.concatenate([np.zeros((n_users, 4)), embeddings(model)])
    kept = [vectors]
    for _ in range(3):
        kept.append(adjacency @ kept[-1])
    users, items = np.split(np.mean(kept, axis=0), [n_users])
    # the mean of four, of which two are 0 here and the other two there
    np.testing.assert_allclose(
        model.score(Histories.of(BASKETS)), 4 * users @ items.T, rtol=1e-4, atol=1e-6
    )


def test_history_is_folded_in_by_the_degrees() -> None:
    model = built()
    model._keep_spread()
    items = spread(embeddings(model), 1)
    user = user_vector(items, [3, 0])
    scores = model.score(Histories.of([[3, 0], []]))
    np.testing.assert_allclose(scores[0], [product(user, v) for v in items], rtol=1e-4, atol=1e-6)
    assert (scores[1] == 0).all()


def test_loss_is_bpr_without_the_target_in_its_history() -> None:
    model = built(regularisation=0.3)
    start = embeddings(model)
    items = spread(start, 1)
    rows, drawn = [[0, 2, 5], [4, 1]], [2, 3, 3, 4]
    losses = model.item_losses(tf.ragged.constant(rows, tf.int32), tf.constant(drawn))
    mean_size = sum(product(start[j], start[j]) for j in drawn) / len(drawn)
    expected = []
    for row in rows:
        for target in row:
            user = user_vector(items, [item for item in row if item != target])
            ahead = [
                product(user, items[target]) - product(user, items[item])
                for item in drawn
                if item != target
            ]
            loss = sum(math.log(1 + math.exp(-x)) for x in ahead) / len(drawn)
            size = product(start[target], start[target]) + mean_size
            expected.append(loss + 0.3 / 2 * size)
    np.testing.assert_allclose(losses, expected, rtol=1e-4, atol=1e-6)


def test_gradient_goes_through_the_graph() -> None:
    model = built(layers=2, regularisation=0.0)
    histories, drawn = tf.ragged.constant([[0, 2], [4, 1]], tf.int32), tf.constant([3, 5])

    def loss() -> Any:
        return tf.reduce_sum(model.item_losses(histories, drawn))

    variable = model.embedding.embeddings.value
    with tf.GradientTape() as tape:
        value = loss()
    gradient = np.asarray(tape.gradient(value, variable))
    start = np.asarray(variable)
    for place in ((0, 1), (3, 0), (5, 3)):
        ends = []
        for step in (0.01, -0.01):
            moved = start.copy()
            moved[place] += step
            variable.assign(moved)
            ends.append(float(loss()))
        np.testing.assert_allclose(gradient[place], (ends[0] - ends[1]) / 0.02, rtol=0.02)


def test_saved_model_has_items_alone() -> None:
    model = trained(LightGCN(embedding_size=4), BASKETS)
    shapes = {array.shape for array in model.state().values()}
    assert shapes == {(N_ITEMS, 4)}
    np.testing.assert_allclose(model.table(), spread(embeddings(model), 1), rtol=1e-4, atol=1e-6)


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
    vectors = np.asarray(embeddings(new))
    np.testing.assert_allclose(vectors[:N_ITEMS], embeddings(old), atol=1e-5)
    assert vectors.shape == (7, 4)
    assert not np.allclose(new.table()[:N_ITEMS], old.table())


def test_weights_are_no_edges() -> None:
    """A weighted interaction is an edge like any other; its loss counts."""
    split = split_of(BASKETS)
    weight = np.linspace(1, 3, len(split.train.item)).astype(np.float32)
    model = built()
    model._keep_spread()
    before = np.asarray(model.table())
    model.prepare(replace(split, train=replace(split.train, weight=weight)))
    model._keep_spread()
    np.testing.assert_array_equal(model.table(), before)


@pytest.mark.parametrize("settings", [{"layers": -1}, {"regularisation": -1.0}, {"negatives": 0}])
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(settings))} must .*Received"):
        LightGCN(**settings)
