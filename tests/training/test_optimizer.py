"""Optimizers and learning rates against Keras's own and against their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
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
