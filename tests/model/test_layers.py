"""Layers and losses against Keras's own on dense inputs, and in mixed precision."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrec.model.layers.embedding import EmbeddingBag
from lrec.model.layers.multinomial import (
    float32_dense,
    multinomial_loss,
    sampled_multinomial_loss,
)
from lrec.training.strategy.cpu import CPU

ROWS = [[0, 2, 5], [], [1], [3, 4, 0, 1]]
N_ITEMS = 6


@pytest.fixture(autouse=True)
def fresh_keras() -> Iterator[None]:
    CPU().start()
    keras.utils.set_random_seed(0)
    yield
    keras.mixed_precision.set_global_policy("float32")


@pytest.fixture
def rows() -> tf.RaggedTensor:
    return tf.ragged.constant(ROWS, tf.int32)


def multi_hot(rows: list[list[int]]) -> np.ndarray:
    dense = np.zeros((len(rows), N_ITEMS), np.float32)
    for index, row in enumerate(rows):
        dense[index, row] = 1
    return dense


@pytest.mark.parametrize("weighted", [False, True])
def test_embedding_bag_is_dense_on_multi_hot(rows: tf.RaggedTensor, weighted: bool) -> None:
    generator = np.random.default_rng(2)
    bag = EmbeddingBag(N_ITEMS, 5, activation="tanh", use_bias=True)
    bag.bias.assign(generator.normal(size=5))
    dense = keras.layers.Dense(5, activation="tanh")
    dense.build((None, N_ITEMS))
    dense.set_weights([bag.embeddings.numpy(), bag.bias.numpy()])
    scale = tf.constant([0.5, 1.0, 2.0, 3.0])
    x = multi_hot(ROWS)
    weights = None
    if weighted:
        weights = tf.constant(generator.normal(size=len(rows.values)), tf.float32)
        x[np.repeat(np.arange(4), [len(r) for r in ROWS]), rows.values.numpy()] = weights
    upstream = tf.constant(generator.normal(size=(4, 5)), tf.float32)
    with tf.GradientTape() as tape:
        ours = bag(rows, weights=weights, scale=scale)
    our_gradients = tape.gradient(ours, [v.value for v in bag.weights], upstream)
    with tf.GradientTape() as tape:
        theirs = dense(tf.constant(x) * scale[:, None])
    their_gradients = tape.gradient(theirs, [v.value for v in dense.weights], upstream)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    for mine, other in zip(our_gradients, their_gradients, strict=True):
        np.testing.assert_allclose(tf.convert_to_tensor(mine), other, rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [1.0, 100.0, 1e4])
def test_multinomial_loss_is_log_softmax_at_the_items(rows: tf.RaggedTensor, size: float) -> None:
    logits = tf.constant(np.random.default_rng(3).normal(size=(4, N_ITEMS)) * size, tf.float32)
    upstream = tf.constant([1.0, 2.0, 0.5, -1.0])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        ours = multinomial_loss(logits, rows)
    our_gradient = tape.gradient(ours, logits, upstream)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        theirs = -tf.reduce_sum(tf.constant(multi_hot(ROWS)) * tf.nn.log_softmax(logits), axis=1)
    their_gradient = tape.gradient(theirs, logits, upstream)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(our_gradient, their_gradient, rtol=0, atol=1e-5)
    assert ours[1] == 0


def test_multinomial_loss_counts_a_repeated_item_twice() -> None:
    logits = tf.constant([[1.0, 2.0, 3.0]])
    once, twice = (
        multinomial_loss(logits, tf.ragged.constant([items], tf.int32))[0]
        for items in ([1], [1, 1])
    )
    assert float(twice) == pytest.approx(2 * float(once))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("drawn", [[5, 0, 3], [2, 1, 4, 3, 0, 5]])
def test_sampled_multinomial_loss_is_that_of_the_drawn_items(
    rows: tf.RaggedTensor, drawn: list[int], weighted: bool
) -> None:
    generator = np.random.default_rng(4)
    layer = keras.layers.Dense(N_ITEMS)
    hidden = tf.constant(generator.normal(size=(4, 7)), tf.float32)
    logits = layer(hidden).numpy()
    weight = generator.random(len(rows.values)).astype(np.float32) if weighted else None
    ours = sampled_multinomial_loss(
        layer,
        hidden,
        tf.constant(drawn, tf.int32),
        rows,
        None if weight is None else tf.constant(weight),
    )
    expected, place = [], 0
    for row, items in enumerate(ROWS):
        total = sum(np.exp(logits[row, item]) for item in drawn)
        loss = 0.0
        for item in items:
            w = 1.0 if weight is None else weight[place]
            place += 1
            if item in drawn:
                loss -= w * (logits[row, item] - np.log(total))
        expected.append(loss * N_ITEMS / len(drawn))
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)


def test_float32_dense_does_not_round_like_its_layer() -> None:
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    layer = keras.layers.Dense(50)
    x = tf.random.normal([3, 20])
    scores = float32_dense(layer, x)
    assert scores.dtype == tf.float32
    exact = x.numpy() @ layer.kernel.numpy() + layer.bias.numpy()
    np.testing.assert_allclose(scores, exact, rtol=0, atol=1e-5)
    assert np.abs(tf.cast(layer(x), tf.float32) - exact).max() > 1e-3
