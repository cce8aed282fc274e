"""Gated pointwise attention against its formula in plain numpy."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrec.model.layers.encoder import Encoder
from lrec.model.layers.hstu import HSTUBlock
from lrec.model.layers.layout import Layout

HISTORIES = [[3, 1, 4], [], [1], [5, 0, 2, 6, 1]]
AGES = [90_000.0, 40.0, 0.0, 0.0, 3e8, 2e8, 3.0, 3.0, 0.0]
SIZE, WINDOW = 6, 5
Array = np.ndarray[Any, Any]


def layout_of(age: list[float] | None) -> Layout:
    items = tf.ragged.constant(HISTORIES, tf.int32, row_splits_dtype=tf.int64)
    return Layout.of(items, None if age is None else tf.constant(age))


def tokens() -> Array:
    keras.utils.set_random_seed(0)
    return np.random.default_rng(0).normal(size=(9, SIZE)).astype(np.float32)


def normal(x: Array) -> Array:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-6)


def silu(x: Any) -> Any:
    return x / (1 + np.exp(-x))


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("heads", [1, 2])
def test_a_block_is_the_formula_of_the_paper(timed: bool, heads: int) -> None:
    flat, layout = tokens(), layout_of(AGES if timed else None)
    block = HSTUBlock(size=SIZE, heads=heads, dropout=0.5, window=WINDOW)
    generator = np.random.default_rng(1)
    by_place, by_time = generator.normal(size=WINDOW), generator.normal(size=129)
    block.by_place.assign(by_place)
    block.by_time.assign(by_time)
    block(flat, layout=layout, newest=False, training=False)
    kernel = generator.normal(size=(SIZE, 4 * SIZE))
    block.parts.kernel.assign(kernel)
    states = block(flat, layout=layout, newest=False, training=False).numpy()
    gate, v, q, k = np.split(silu(normal(flat) @ kernel), 4, axis=1)
    expected, width = [], SIZE // heads
    for start, stop in ((0, 3), (3, 4), (4, 9)):
        for i in range(start, stop):
            mixed = np.zeros(SIZE)
            for j in range(start, i + 1):
                bias = by_place[i - j]
                if timed:
                    bias += by_time[int(math.log(max(1, AGES[j] - AGES[i])) / 0.301)]
                for head in range(heads):
                    part = slice(head * width, (head + 1) * width)
                    mixed[part] += silu(q[i, part] @ k[j, part] + bias) / WINDOW * v[j, part]
            expected.append(
                flat[i]
                + (gate[i] * normal(mixed)) @ np.array(block.out.kernel)
                + np.array(block.out.bias)
            )
    np.testing.assert_allclose(states, expected, atol=1e-4)
    newest = block(flat, layout=layout, newest=True, training=False).numpy()
    np.testing.assert_allclose(newest[[0, 2, 3]], states[[2, 3, 8]], atol=1e-4)


def test_unknown_times_have_no_bias() -> None:
    flat = tokens()
    block = HSTUBlock(size=SIZE, heads=1, dropout=0.0, window=WINDOW)
    block.by_time.assign(np.ones(129))
    options = {"newest": False, "training": False}
    timeless = block(flat, layout=layout_of(None), **options)
    unknown = block(flat, layout=layout_of([math.nan] * 9), **options)
    np.testing.assert_array_equal(timeless, unknown)
    assert not np.allclose(timeless, block(flat, layout=layout_of(AGES), **options))


def test_states_do_not_depend_on_later_items() -> None:
    flat, layout = tokens(), layout_of(AGES)
    encoder = Encoder(
        size=SIZE, blocks=2, heads=2, widen=1, dropout=0.0, kind="hstu", max_length=5, causal=True
    )
    before = encoder(flat, layout=layout).numpy()
    flat[8] *= -1
    after = encoder(flat, layout=layout).numpy()
    assert not np.allclose(before[8], after[8])
    np.testing.assert_allclose(before[:8], after[:8], atol=1e-6)
