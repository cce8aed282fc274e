"""Filters of histories against Fourier transforms of padded windows, in plain numpy."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrec.model.layers.encoder import Encoder, FilterBlock
from lrec.model.layers.filters import LowPass, WaveletFilter
from lrec.model.layers.layout import Layout

HISTORIES = [[3, 1, 4], [], [1], [5, 0, 2, 6, 1]]
SIZE, WINDOW = 6, 8
Array = np.ndarray[Any, Any]


@pytest.fixture
def layout() -> Layout:
    return Layout.of(tf.ragged.constant(HISTORIES, tf.int32, row_splits_dtype=tf.int64))


@pytest.fixture
def flat() -> Array:
    keras.utils.set_random_seed(0)
    return np.random.default_rng(0).normal(size=(9, SIZE)).astype(np.float32)


def prefixes(flat: Array, causal: bool) -> list[tuple[Array, int]]:
    """What the filter of each token reads, and its place in it; the whole history if not causal."""
    rows = np.split(flat, np.cumsum([len(row) for row in HISTORIES])[:-1])
    if causal:
        return [(row[: i + 1], i) for row in rows for i in range(len(row))]
    return [(row, i) for row in rows for i in range(len(row))]


def windowed(row: Array) -> Array:
    """The history at the end of a window, zeros before it."""
    return np.concatenate([np.zeros((WINDOW - len(row), SIZE)), row])


def normal(x: Array) -> Array:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6)


def low_pass(layer: LowPass, row: Array, index: int) -> Array:
    spectrum = np.fft.rfft(windowed(row), axis=0)
    spectrum[3:] = 0  # a cutoff of 5: frequencies 0, 1 and 2 are low
    low = np.fft.irfft(spectrum, n=WINDOW, axis=0)[WINDOW - len(row) + index]
    beta = np.array(layer.beta)
    return normal(row[index] + low + beta**2 * (row[index] - low))


def wavelet(layer: WaveletFilter, row: Array, index: int) -> Array:
    def gelu(x: Array) -> Array:
        return x * (1 + np.vectorize(math.erf)(x / 2**0.5)) / 2

    hidden = gelu(row.mean(0) @ np.array(layer.hidden.kernel) + np.array(layer.hidden.bias))
    adapted = hidden @ np.array(layer.adapted.kernel) + np.array(layer.adapted.bias)
    adapted = adapted.reshape(2, WINDOW // 2 + 1, 2)
    place = WINDOW - len(row) + index
    spectrum = np.fft.rfft(windowed(row), axis=0, norm="ortho")
    detail = np.array(layer.detail)
    pairs = windowed(row).reshape(WINDOW // 2, 2, SIZE)
    half_sum, half_difference = pairs.sum(1) / 2, (pairs[:, 0] - pairs[:, 1]) / 2
    half_difference *= detail[::-1] if len(detail) > 1 else detail
    local = np.stack([half_sum + half_difference, half_sum - half_difference], axis=1)
    whole = []
    for head in range(2):
        part = spectrum[:, 3 * head : 3 * head + 3]
        scale = np.array(layer.base)[head] * (1 + adapted[head, :, 0])
        bias = np.array(layer.bias)[head] + adapted[head, :, 1]
        part = part * scale[:, None] + bias[:, None]
        whole.append(np.fft.irfft(part, n=WINDOW, axis=0, norm="ortho")[place])
    mixed = 0.3 * np.concatenate(whole) + 0.7 * local.reshape(WINDOW, SIZE)[place]
    return normal(row[index] + mixed)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("kind", [LowPass, WaveletFilter])
def test_filters_are_those_of_a_fourier_transform(
    kind: Any, causal: bool, layout: Layout, flat: Array
) -> None:
    common = {"size": SIZE, "window": WINDOW, "dropout": 0.5, "causal": causal}
    if kind is LowPass:
        layer, formula = kind(cutoff=5, **common), low_pass
    else:
        layer, formula = kind(heads=2, share=0.3, **common), wavelet
        flat_states = layer(flat, layout=layout, newest=False, training=False)
        assert flat_states.shape == flat.shape
        layer.adapted.kernel.assign(np.random.default_rng(1).normal(size=(SIZE, 20)))
        layer.detail.assign(np.random.default_rng(2).normal(size=layer.detail.shape))
    states = layer(flat, layout=layout, newest=False, training=False).numpy()
    expected = [formula(layer, row, index) for row, index in prefixes(flat, causal)]
    np.testing.assert_allclose(states, expected, atol=1e-4)
    newest = layer(flat, layout=layout, newest=True, training=False).numpy()
    np.testing.assert_allclose(newest[[0, 2, 3]], states[[2, 3, 8]], atol=1e-4)


def test_a_block_mixes_filter_and_attention_before_its_feed_forward_layer(
    layout: Layout, flat: Array
) -> None:
    block = FilterBlock(
        size=SIZE,
        heads=1,
        widen=2,
        dropout=0.5,
        kind="bsarec",
        window=WINDOW,
        cutoff=5,
        share=0.7,
        causal=True,
    )
    options = {"layout": layout, "newest": False, "training": False}
    states = block(flat, **options).numpy()
    attended = normal(flat + block.attention(flat, flat, **options).numpy())
    mixed = 0.7 * block.filter(flat, **options).numpy() + 0.3 * attended
    expected = normal(mixed + block.forward(mixed, training=False).numpy())
    np.testing.assert_allclose(states, expected, atol=1e-4)


@pytest.mark.parametrize("kind", ["bsarec", "wearec"])
@pytest.mark.parametrize("causal", [True, False])
def test_causal_filters_do_not_read_later_items(
    kind: str, causal: bool, layout: Layout, flat: Array
) -> None:
    encoder = Encoder(
        size=SIZE,
        blocks=2,
        heads=2,
        widen=2,
        dropout=0.0,
        kind=kind,
        max_length=WINDOW,
        causal=True,
        filters_causally=causal,
    )
    before = encoder(flat, layout=layout).numpy()
    flat[8] *= -1  # the last item of the last history
    after = encoder(flat, layout=layout).numpy()
    assert not np.allclose(before[8], after[8])
    assert np.allclose(before[:4], after[:4], atol=1e-6)  # another history never matters
    assert np.allclose(before[4:8], after[4:8], atol=1e-6) == causal
