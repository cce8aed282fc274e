"""Transformers over flat tokens, against plain formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from lrec.model.layers.encoder import Encoder
from lrec.model.layers.layout import Layout
from lrec.model.layers.transformer import MultiHeadAttention

HISTORIES = [[3, 1, 4], [], [1], [5, 0, 2, 6, 1]]
SIZE = 6


def ragged() -> tf.RaggedTensor:
    return tf.ragged.constant(HISTORIES, tf.int32, row_splits_dtype=tf.int64)


def tokens(layout: Layout, seed: int = 0) -> np.ndarray[Any, Any]:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(int(layout.row.shape[0]), SIZE)).astype(np.float32)


def rows(flat: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    edges = np.cumsum([len(row) for row in HISTORIES])[:-1]
    return np.split(flat, edges)


def test_layout_has_row_and_position_of_each_token() -> None:
    layout = Layout.of(ragged())
    flat = tokens(layout)
    assert layout.position.numpy().tolist() == [0, 1, 2, 0, 0, 1, 2, 3, 4]
    assert layout.from_end.numpy().tolist() == [2, 1, 0, 0, 4, 3, 2, 1, 0]
    padded = layout.pad(flat).numpy()
    assert padded.shape == (4, 5, SIZE)
    for row, values in enumerate(rows(flat)):
        assert np.array_equal(padded[row, : len(values)], values)
        assert not padded[row, len(values) :].any()
    assert np.array_equal(layout.flatten(padded), flat)
    last = layout.last(flat).numpy()
    assert np.array_equal(last[[0, 2, 3]], flat[[2, 3, 8]])
    assert not last[1].any()


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("heads", [1, 2])
def test_attention_is_the_textbook_formula(causal: bool, heads: int) -> None:
    tf.keras.utils.set_random_seed(0)
    layout = Layout.of(ragged())
    flat = tokens(layout)
    layer = MultiHeadAttention(size=SIZE, heads=heads, dropout=0.5, causal=causal)
    states = layer(flat, flat, layout=layout, newest=False, training=False).numpy()
    q, k, v = (part(flat).numpy() for part in (layer.query, layer.key, layer.value))
    width = SIZE // heads
    expected = []
    for query, key, value in zip(rows(q), rows(k), rows(v), strict=True):
        for index in range(len(query)):
            visible = slice(0, index + 1 if causal else len(query))
            heads_of_token = []
            for head in range(heads):
                part = slice(head * width, (head + 1) * width)
                logits = key[visible, part] @ query[index, part] / math.sqrt(width)
                weights = np.exp(logits) / np.exp(logits).sum()
                heads_of_token.append(weights @ value[visible, part])
            expected.append(np.concatenate(heads_of_token))
    np.testing.assert_allclose(states, layer.out(np.array(expected)), atol=1e-5)


def encoder_of(kind: str, causal: bool, heads: int, dropout: float) -> Encoder:
    tf.keras.utils.set_random_seed(0)
    return Encoder(
        size=SIZE,
        blocks=2,
        heads=heads,
        widen=2,
        dropout=dropout,
        kind=kind,
        max_length=5,
        causal=causal,
    )


@pytest.mark.parametrize("kind", ["sasrec", "ligr", "pre_norm", "bsarec", "wearec"])
@pytest.mark.parametrize("causal", [True, False])
def test_only_the_newest_state_is_the_same_as_the_last_of_all(kind: str, causal: bool) -> None:
    layout = Layout.of(ragged())
    flat = tokens(layout)
    encoder = encoder_of(kind, causal, heads=2, dropout=0.3)
    everything = encoder(flat, layout=layout, newest=False, training=False)
    newest = encoder(flat, layout=layout, newest=True, training=False).numpy()
    filled = [0, 2, 3]
    np.testing.assert_allclose(newest[filled], layout.last(everything).numpy()[filled], atol=1e-5)


@pytest.mark.parametrize("kind", ["sasrec", "ligr", "pre_norm"])
@pytest.mark.parametrize("causal", [True, False])
def test_causal_states_do_not_depend_on_later_items(kind: str, causal: bool) -> None:
    layout = Layout.of(ragged())
    flat = tokens(layout)
    encoder = encoder_of(kind, causal, heads=1, dropout=0.0)
    before = encoder(flat, layout=layout, training=False).numpy()
    flat[8] *= -1  # the last item of the last history
    after = encoder(flat, layout=layout, training=False).numpy()
    assert not np.allclose(before[8], after[8])
    assert np.allclose(before[:4], after[:4], atol=1e-6)  # another history never matters
    assert np.allclose(before[4:8], after[4:8], atol=1e-6) == causal
