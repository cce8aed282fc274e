"""The trainer: early stopping, evaluations, divergence, optimizers, mixed precision."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from lrec.data.dataset.csv import CSV
from lrec.data.queries import Split
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.model.common.protocols import StatelessCallback, TrainStep
from lrec.model.dense import Dense
from lrec.model.gan import GAN
from lrec.model.layers.network import Network
from lrec.model.layers.random_numbers import RandomStream
from lrec.model.vae import VAE
from lrec.training.schedule.standard import DivergedError, Trainer
from lrec.training.strategy.cpu import CPU


class ScriptedEvaluator(StatelessCallback):
    """Returns given values of the monitored metric, and notes an observation at each of them."""

    wants_steps = False

    def __init__(self, values: list[float] | None = None, observe: Callable[[], Any] = int) -> None:
        self.values = values
        self.observe = observe
        self.epochs: list[int] = []
        self.losses: list[float] = []
        self.observations: list[Any] = []

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        raise AssertionError("steps were not requested")

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        self.epochs.append(epoch)
        self.losses.append(loss)
        self.observations.append(self.observe())
        return math.nan if self.values is None else self.values[len(self.epochs) - 1]


@pytest.fixture(autouse=True)
def fresh_keras() -> Iterator[None]:
    CPU().start()
    keras.utils.set_random_seed(0)
    yield
    keras.mixed_precision.set_global_policy("float32")


@pytest.fixture(scope="module")
def split(tiny: Path) -> Split:
    return LeaveOneOut()(CSV(str(tiny)).load())


class Line(keras.layers.Layer):
    """One weight, drawn towards `goal`."""

    def __init__(self, goal: float = 1.0) -> None:
        super().__init__()
        self.goal = goal
        self.position = self.add_weight(shape=(), initializer="zeros", name="position")

    def losses(self, rows: tf.Tensor) -> tf.Tensor:
        return tf.zeros_like(rows, tf.float32) + (self.position.value - self.goal) ** 2


def line(goal: float = 1.0) -> tuple[Network, Line]:
    layer = Line(goal)
    network = Network([layer], layer.losses, RandomStream())
    network.jit_compile = False
    return network, layer


def train(network: Network, evaluator: ScriptedEvaluator, **arguments: Any) -> None:
    """Fit to ten examples, with an evaluation after each epoch."""
    Trainer(**{"evaluate_steps": 1, **arguments}).fit([TrainStep(network)], 10, 1, evaluator)


def test_best_weights_come_back_and_patience_is_kept() -> None:
    network, layer = line()
    evaluator = ScriptedEvaluator([0.1, 0.5, 0.4, 0.3, 0.9], observe=lambda: float(layer.position))
    train(network, evaluator, epochs=50, patience=2, learning_rate=0.01)
    assert evaluator.epochs == [1, 2, 3, 4]
    assert float(layer.position) == evaluator.observations[1] != evaluator.observations[3]


def test_improvement_after_a_setback_resets_patience() -> None:
    network, layer = line()
    evaluator = ScriptedEvaluator(
        [0.5, 0.4, 0.6, 0.5, 0.5, 0.9], observe=lambda: float(layer.position)
    )
    train(network, evaluator, epochs=50, patience=2)
    assert evaluator.epochs == [1, 2, 3, 4, 5]
    assert float(layer.position) == evaluator.observations[2]


def test_without_patience_training_goes_to_its_cap_and_says_so() -> None:
    network, layer = line()
    evaluator = ScriptedEvaluator([0.9, 0.1, 0.1, 0.1], observe=lambda: float(layer.position))
    with pytest.warns(UserWarning, match="cap of 4 epochs, 3 evaluations after the best"):
        train(network, evaluator, epochs=4, patience=None)
    assert evaluator.epochs == [1, 2, 3, 4]
    assert float(layer.position) == evaluator.observations[0]


def test_early_stop_gives_no_warning() -> None:
    network, _ = line()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        train(network, ScriptedEvaluator([0.9, 0.1, 0.1]), epochs=3, patience=2)


def test_without_validation_the_last_weights_stay() -> None:
    network, layer = line()
    evaluator = ScriptedEvaluator(observe=lambda: float(layer.position))
    train(network, evaluator, epochs=3, patience=1)
    assert evaluator.epochs == [1, 2, 3]
    assert float(layer.position) == evaluator.observations[-1]


def test_evaluations_are_as_rare_as_requested_and_end_with_the_last_epoch() -> None:
    network, _ = line()
    evaluator = ScriptedEvaluator()
    train(network, evaluator, epochs=8, evaluate_every=3)
    assert evaluator.epochs == [3, 6, 8]


def test_small_data_is_evaluated_after_enough_steps() -> None:
    network, _ = line()
    evaluator = ScriptedEvaluator()
    train(network, evaluator, epochs=9, batch_size=5, evaluate_steps=7)
    assert evaluator.epochs == [4, 8, 9]


@pytest.mark.parametrize("goal", [math.nan, math.inf])
def test_loss_that_is_not_finite_stops_training(goal: float) -> None:
    network, _ = line(goal)
    evaluator = ScriptedEvaluator([0.5] * 9)
    with pytest.raises(DivergedError, match=r"in epoch 1: lower schedule.learning_rate. Received"):
        train(network, evaluator, epochs=9)
    assert evaluator.epochs == []


def test_callbacks_that_want_steps_get_every_one() -> None:
    class Live(ScriptedEvaluator):
        wants_steps = True

        def on_step_end(self, epoch: int, step: int, steps: int) -> None:
            self.observations.append((epoch, step, steps))

    network, _ = line()
    evaluator = Live(observe=lambda: None)
    train(network, evaluator, epochs=2, batch_size=4)
    steps = [step for step in evaluator.observations if step]
    assert steps == [(e, s, 3) for e in (1, 2) for s in (1, 2, 3)]


def test_every_example_comes_once_an_epoch_in_an_order_that_changes() -> None:
    seen: list[int] = []
    layer = Line()

    def losses(rows: tf.Tensor) -> tf.Tensor:
        tf.py_function(lambda r: seen.extend(r.numpy().tolist()), [rows], [])
        return layer.losses(rows)

    network = Network([layer], losses, RandomStream())
    network.jit_compile = False
    Trainer(epochs=2, batch_size=4).fit([TrainStep(network)], 30, 1, ScriptedEvaluator())
    first, second = seen[:30], seen[30:]
    assert sorted(first) == sorted(second) == list(range(30))
    assert first != second
    assert first != sorted(first)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "adagrad"])
def test_every_optimizer_lowers_the_loss(optimizer: Any) -> None:
    network, _ = line()
    evaluator = ScriptedEvaluator()
    train(network, evaluator, optimizer=optimizer, learning_rate=0.05, epochs=5, batch_size=2)
    assert evaluator.losses[-1] < evaluator.losses[0] < 1


def test_weight_decay_pulls_towards_zero() -> None:
    ends = []
    for weight_decay in (0.0, 0.5):
        network, layer = line()
        train(
            network,
            ScriptedEvaluator(),
            optimizer="adamw",
            learning_rate=0.1,
            weight_decay=weight_decay,
            epochs=60,
        )
        ends.append(float(layer.position))
    assert ends[0] == pytest.approx(1, abs=0.1)
    assert ends[1] < ends[0] - 0.01


def small_vae() -> VAE:
    return VAE(hidden_sizes=(16,), latent_size=4, anneal_steps=10)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize(
    "make",
    [
        small_vae,
        lambda: Dense(embedding_size=4, hidden_sizes=(8, 4)),
        lambda: GAN(hidden_sizes=(8,), discriminator_sizes=(4,)),
    ],
    ids=["vae", "dense", "gan"],
)
def test_mixed_precision_trains_and_scores_in_float32(
    make: Callable[[], Any], precision: Any, split: Split
) -> None:
    strategy, model, evaluator = CPU(precision=precision), make(), ScriptedEvaluator()
    strategy.start()
    schedule = Trainer(epochs=20, batch_size=32, learning_rate=0.01, evaluate_steps=1)
    model.fit(split, schedule, strategy, 1, evaluator)
    scores = np.asarray(model.score(split.test.history))
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    if not isinstance(model, GAN):  # losses of adversaries need not fall
        assert evaluator.losses[-1] < evaluator.losses[0]
    assert {array.dtype for array in model.state().values()} == {np.dtype(np.float32)}
