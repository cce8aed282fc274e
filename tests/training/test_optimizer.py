"""Optimizers and learning rates against Keras's own and against their formulas."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrec.training.schedule.optimizer import FusedAdam
from lrec.training.schedule.standard import Trainer


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, keras.optimizers.Adam),
        ({"global_clipnorm": 0.5}, keras.optimizers.Adam),
        ({"weight_decay": 0.1}, keras.optimizers.AdamW),
    ],
)
def test_fused_adam_is_adam(ours: dict[str, float], theirs: type) -> None:
    generator = np.random.default_rng(1)
    start = [generator.normal(size=shape).astype(np.float32) for shape in ((4, 3), (3,))]
    sides = []
    for optimizer in (FusedAdam(0.01, **ours), theirs(0.01, **ours)):
        variables = [keras.Variable(value) for value in start]
        optimizer.build(variables)
        sides.append((optimizer, variables))
    for _ in range(10):
        gradients = [generator.normal(size=v.shape).astype(np.float32) for v in start]
        for optimizer, variables in sides:
            optimizer.apply([tf.constant(g) for g in gradients], variables)
    for mine, other, begun in zip(sides[0][1], sides[1][1], start, strict=True):
        np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=0, atol=1e-6)
        assert np.abs(mine.numpy() - begun).max() > 0.01


@pytest.mark.filterwarnings("ignore:adam moves only the rows")
def test_lazy_adam_moves_the_rows_of_a_step_and_their_moments() -> None:
    generator = np.random.default_rng(2)
    rate, beta_1, beta_2, epsilon = 0.01, 0.9, 0.999, 1e-7
    table = generator.normal(size=(6, 3)).astype(np.float32)
    variable = keras.Variable(table)
    optimizer = FusedAdam(rate, lazy_above=5)
    optimizer.build([variable])
    expected, m, v = table.astype(float), np.zeros((6, 3)), np.zeros((6, 3))
    for step, rows in enumerate([[4, 1, 4], [0, 1], [1, 1, 1], [0, 4]], start=1):
        values = generator.normal(size=(len(rows), 3)).astype(np.float32)
        optimizer.apply([tf.IndexedSlices(values, rows, [6, 3])], [variable])
        total = np.zeros((6, 3))
        np.add.at(total, rows, values)
        for row in set(rows):
            m[row] = beta_1 * m[row] + (1 - beta_1) * total[row]
            v[row] = beta_2 * v[row] + (1 - beta_2) * total[row] ** 2
            corrected = m[row] / (1 - beta_1**step), v[row] / (1 - beta_2**step)
            expected[row] -= rate * corrected[0] / (np.sqrt(corrected[1]) + epsilon)
    np.testing.assert_allclose(variable.numpy(), expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(optimizer._momentums[0].numpy(), m, rtol=0, atol=1e-6)
    np.testing.assert_allclose(optimizer._velocities[0].numpy(), v, rtol=0, atol=1e-6)
    unread = [2, 3, 5]
    np.testing.assert_array_equal(variable.numpy()[unread], table[unread])


def test_only_rows_of_large_tables_are_lazy_and_that_is_said() -> None:
    whole, lazy = FusedAdam(0.1, lazy_above=3), FusedAdam(0.1, lazy_above=2)
    moved = []
    for optimizer in (whole, lazy):
        variable = keras.Variable(np.ones((3, 1), np.float32))
        optimizer.build([variable])
        one = tf.constant([[1.0]])
        with (
            pytest.warns(UserWarning, match="a table has 3 rows")
            if optimizer is lazy
            else nullcontext()
        ):
            for row in (0, 1):
                optimizer.apply([tf.IndexedSlices(one, [row], [3, 1])], [variable])
        moved.append(variable.numpy()[:, 0])
    assert moved[0][0] < moved[1][0] < 1  # its momentum goes on without a gradient
    dense = keras.Variable(np.ones((3, 1), np.float32))
    optimizer = FusedAdam(0.1, lazy_above=2)
    optimizer.build([dense])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.apply([tf.ones([3, 1])], [dense])


def test_clipping_adds_up_rows_that_come_twice() -> None:
    values = []
    for gradient in (
        tf.IndexedSlices(tf.ones([2, 1]), [1, 1], [3, 1]),
        tf.constant([[0.0], [2.0], [0.0]]),
    ):
        optimizer = FusedAdam(0.1, global_clipnorm=1.0)
        variable = keras.Variable(np.zeros((3, 1), np.float32))
        optimizer.build([variable])
        clipped = optimizer._clip_gradients([gradient])[0]
        values.append(np.array(tf.convert_to_tensor(clipped)))
    np.testing.assert_allclose(values[0], values[1], rtol=1e-6)
    np.testing.assert_allclose(values[0], [[0.0], [1.0], [0.0]], rtol=1e-6)


def test_fused_adam_follows_a_learning_rate_schedule() -> None:
    rate = keras.optimizers.schedules.PolynomialDecay(0.02, 5, 0.0)
    values = []
    for kind in (FusedAdam, keras.optimizers.Adam):
        variable = keras.Variable([1.0, -2.0])
        optimizer = kind(rate)
        optimizer.build([variable])
        for _ in range(7):
            optimizer.apply([tf.constant([0.3, -0.1])], [variable])
        values.append(variable.numpy())
    np.testing.assert_allclose(values[0], values[1], rtol=0, atol=1e-6)


def rates(steps: int, **arguments: Any) -> list[float]:
    """The learning rate at each step of a training of ten epochs."""
    rate = Trainer(epochs=10, learning_rate=0.1, **arguments)._learning_rate(steps)
    if isinstance(rate, float):
        return [rate] * (10 * steps + 1)
    return [float(rate(step)) for step in range(10 * steps + 1)]


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        ("constant", lambda share: 0.1),
        ("linear", lambda share: 0.1 * (1 - share)),
        ("cosine", lambda share: 0.05 * (1 + math.cos(math.pi * share))),
        ("exponential", lambda share: 0.1 * 0.5 ** (10 * share)),
    ],
)
@pytest.mark.parametrize("steps", [1, 7])
def test_learning_rate_decays_as_named(
    decay: str, expected: Callable[[float], float], steps: int
) -> None:
    received = rates(steps, decay=decay)
    shares = np.linspace(0, 1, len(received))
    np.testing.assert_allclose(received, [expected(share) for share in shares], atol=1e-6)


@pytest.mark.parametrize("decay", ["constant", "linear", "cosine", "exponential"])
def test_warm_up_rises_from_zero_to_the_learning_rate(decay: str) -> None:
    received = rates(10, decay=decay, warmup_epochs=2)
    np.testing.assert_allclose(received[:20], np.linspace(0, 0.1, 21)[:-1], atol=1e-6)
    assert received[20] == pytest.approx(0.1)
    ends = {"constant": 0.1, "exponential": 0.1 * 0.5**10}
    assert received[-1] == pytest.approx(ends.get(decay, 0.0), abs=1e-6)
