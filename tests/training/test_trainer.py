"""How networks are trained: kernels against Keras's own, the schedule, strategies, determinism."""

from __future__ import annotations

import json
import math
import subprocess
import sys
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
from lrec.model.common.neural import in_order
from lrec.model.common.protocols import StatelessCallback, TrainStep
from lrec.model.dense import Dense
from lrec.model.gan import GAN
from lrec.model.layers.embedding import EmbeddingBag
from lrec.model.layers.multinomial import float32_dense, multinomial_loss
from lrec.model.layers.network import Network
from lrec.model.layers.random_numbers import RandomStream
from lrec.model.vae import VAE
from lrec.training.schedule.optimizer import FusedAdam
from lrec.training.schedule.standard import DivergedError, Trainer
from lrec.training.strategy.cpu import CPU

ROWS = [[0, 2, 5], [], [1], [3, 4, 0, 1]]
N_ITEMS = 6


class Evaluator(StatelessCallback):
    """Watches training and says what a script tells it to say."""

    wants_steps = False

    def __init__(self, values: list[float] | None = None, look: Callable[[], Any] = int) -> None:
        self.values = values
        self.look = look
        self.epochs: list[int] = []
        self.losses: list[float] = []
        self.seen: list[Any] = []

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        raise AssertionError("nobody asked for steps")

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        self.epochs.append(epoch)
        self.losses.append(loss)
        self.seen.append(self.look())
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


@pytest.fixture
def rows() -> tf.RaggedTensor:
    return tf.ragged.constant(ROWS, tf.int32)


def multi_hot(rows: list[list[int]]) -> np.ndarray:
    dense = np.zeros((len(rows), N_ITEMS), np.float32)
    for place, row in enumerate(rows):
        dense[place, row] = 1
    return dense


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


def test_float32_dense_does_not_round_like_its_layer() -> None:
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    layer = keras.layers.Dense(50)
    x = tf.random.normal([3, 20])
    scores = float32_dense(layer, x)
    assert scores.dtype == tf.float32
    exact = x.numpy() @ layer.kernel.numpy() + layer.bias.numpy()
    np.testing.assert_allclose(scores, exact, rtol=0, atol=1e-5)
    assert np.abs(tf.cast(layer(x), tf.float32) - exact).max() > 1e-3


class Line(keras.layers.Layer):
    """One weight, drawn towards `goal`."""

    def __init__(self, goal: float = 1.0) -> None:
        super().__init__()
        self.goal = goal
        self.place = self.add_weight(shape=(), initializer="zeros", name="place")

    def losses(self, rows: tf.Tensor) -> tf.Tensor:
        return tf.zeros_like(rows, tf.float32) + (self.place.value - self.goal) ** 2


def line(goal: float = 1.0) -> tuple[Network, Line]:
    layer = Line(goal)
    network = Network([layer], layer.losses, RandomStream())
    network.jit_compile = False
    return network, layer


def train(network: Network, evaluator: Evaluator, **arguments: Any) -> None:
    """Fit to ten examples, with a look at validation after each epoch."""
    Trainer(**{"evaluate_steps": 1, **arguments}).fit([TrainStep(network)], 10, 1, evaluator)


def test_best_weights_come_back_and_patience_is_kept() -> None:
    network, layer = line()
    evaluator = Evaluator([0.1, 0.5, 0.4, 0.3, 0.9], look=lambda: float(layer.place))
    train(network, evaluator, epochs=50, patience=2, learning_rate=0.01)
    assert evaluator.epochs == [1, 2, 3, 4]
    assert float(layer.place) == evaluator.seen[1] != evaluator.seen[3]


def test_improvement_after_a_setback_resets_patience() -> None:
    network, layer = line()
    evaluator = Evaluator([0.5, 0.4, 0.6, 0.5, 0.5, 0.9], look=lambda: float(layer.place))
    train(network, evaluator, epochs=50, patience=2)
    assert evaluator.epochs == [1, 2, 3, 4, 5]
    assert float(layer.place) == evaluator.seen[2]


def test_without_patience_training_goes_to_its_cap_and_says_so() -> None:
    network, layer = line()
    evaluator = Evaluator([0.9, 0.1, 0.1, 0.1], look=lambda: float(layer.place))
    with pytest.warns(UserWarning, match="cap of 4 epochs, 3 evaluations after the best"):
        train(network, evaluator, epochs=4, patience=None)
    assert evaluator.epochs == [1, 2, 3, 4]
    assert float(layer.place) == evaluator.seen[0]


def test_early_stop_gives_no_warning() -> None:
    network, _ = line()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        train(network, Evaluator([0.9, 0.1, 0.1]), epochs=3, patience=2)


def test_without_validation_the_last_weights_stay() -> None:
    network, layer = line()
    evaluator = Evaluator(look=lambda: float(layer.place))
    train(network, evaluator, epochs=3, patience=1)
    assert evaluator.epochs == [1, 2, 3]
    assert float(layer.place) == evaluator.seen[-1]


def test_evaluations_are_as_rare_as_asked_and_end_with_the_last_epoch() -> None:
    network, _ = line()
    evaluator = Evaluator()
    train(network, evaluator, epochs=8, evaluate_every=3)
    assert evaluator.epochs == [3, 6, 8]


def test_small_data_is_evaluated_after_enough_steps() -> None:
    network, _ = line()
    evaluator = Evaluator()
    train(network, evaluator, epochs=9, batch_size=5, evaluate_steps=7)
    assert evaluator.epochs == [4, 8, 9]


@pytest.mark.parametrize("goal", [math.nan, math.inf])
def test_loss_that_is_not_finite_stops_training(goal: float) -> None:
    network, _ = line(goal)
    evaluator = Evaluator([0.5] * 9)
    with pytest.raises(DivergedError, match=r"in epoch 1: lower schedule.learning_rate. Received"):
        train(network, evaluator, epochs=9)
    assert evaluator.epochs == []


def test_live_watchers_see_every_step() -> None:
    class Live(Evaluator):
        wants_steps = True

        def on_step_end(self, epoch: int, step: int, steps: int) -> None:
            self.seen.append((epoch, step, steps))

    network, _ = line()
    evaluator = Live(look=lambda: None)
    train(network, evaluator, epochs=2, batch_size=4)
    steps = [step for step in evaluator.seen if step]
    assert steps == [(e, s, 3) for e in (1, 2) for s in (1, 2, 3)]


def test_every_example_comes_once_an_epoch_in_an_order_that_changes() -> None:
    seen: list[int] = []
    layer = Line()

    def losses(rows: tf.Tensor) -> tf.Tensor:
        tf.py_function(lambda r: seen.extend(r.numpy().tolist()), [rows], [])
        return layer.losses(rows)

    network = Network([layer], losses, RandomStream())
    network.jit_compile = False
    Trainer(epochs=2, batch_size=4).fit([TrainStep(network)], 30, 1, Evaluator())
    first, second = seen[:30], seen[30:]
    assert sorted(first) == sorted(second) == list(range(30))
    assert first != second
    assert first != sorted(first)


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
    found = rates(steps, decay=decay)
    shares = np.linspace(0, 1, len(found))
    np.testing.assert_allclose(found, [expected(share) for share in shares], atol=1e-6)


@pytest.mark.parametrize("decay", ["constant", "linear", "cosine", "exponential"])
def test_warm_up_rises_from_zero_to_the_learning_rate(decay: str) -> None:
    found = rates(10, decay=decay, warmup_epochs=2)
    np.testing.assert_allclose(found[:20], np.linspace(0, 0.1, 21)[:-1], atol=1e-6)
    assert found[20] == pytest.approx(0.1)
    ends = {"constant": 0.1, "exponential": 0.1 * 0.5**10}
    assert found[-1] == pytest.approx(ends.get(decay, 0.0), abs=1e-6)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "adagrad"])
def test_every_optimizer_lowers_the_loss(optimizer: Any) -> None:
    network, _ = line()
    evaluator = Evaluator()
    train(network, evaluator, optimizer=optimizer, learning_rate=0.05, epochs=5, batch_size=2)
    assert evaluator.losses[-1] < evaluator.losses[0] < 1


def test_weight_decay_pulls_towards_zero() -> None:
    places = []
    for weight_decay in (0.0, 0.5):
        network, layer = line()
        train(
            network,
            Evaluator(),
            optimizer="adamw",
            learning_rate=0.1,
            weight_decay=weight_decay,
            epochs=60,
        )
        places.append(float(layer.place))
    assert places[0] == pytest.approx(1, abs=0.1)
    assert places[1] < places[0] - 0.01


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
    strategy, model, evaluator = CPU(precision=precision), make(), Evaluator()
    strategy.start()
    schedule = Trainer(epochs=20, batch_size=32, learning_rate=0.01, evaluate_steps=1)
    model.fit(split, schedule, strategy, 1, evaluator)
    scores = np.asarray(model.score(split.test.history))
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    if not isinstance(model, GAN):  # losses of adversaries need not fall
        assert evaluator.losses[-1] < evaluator.losses[0]
    assert {array.dtype for array in model.state().values()} == {np.dtype(np.float32)}


MIRRORED = """
import json, sys
from lrec.data.dataset.csv import CSV
from lrec.model.dense import Dense
from lrec.training.schedule.standard import Trainer
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.training.strategy.mirrored import Mirrored
from lrec.model.common.protocols import StatelessCallback

class Quiet(StatelessCallback):
    wants_steps = False
    losses = []
    def on_epoch_end(self, epoch, loss):
        self.losses.append(loss)
        return float("nan")

strategy = Mirrored(devices=int(sys.argv[2]))
strategy.start()
model = Dense(embedding_size=8, hidden_sizes=(16, 8), dropout=0.0)
split = LeaveOneOut()(CSV(sys.argv[1]).load())
quiet = Quiet()
uneven = len(split.train.item) - 1  # leaves a batch of one, of which a device has no share
schedule = Trainer(epochs=5, batch_size=uneven, learning_rate=0.01, evaluate_steps=1)
model.fit(split, schedule, strategy, 1, quiet)
print(json.dumps([strategy.distribution.num_replicas_in_sync, quiet.losses,
                  model.score(split.test.history).tolist()]))
"""


def test_two_devices_train_like_one(tiny: Path) -> None:
    answers = []
    for devices in (1, 2):
        command = [sys.executable, "-c", MIRRORED, str(tiny), str(devices)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        answers.append(json.loads(ran.stdout.splitlines()[-1]))
    (one, losses, scores), (two, same_losses, same_scores) = answers
    assert (one, two) == (1, 2)
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(same_losses, losses, rtol=0, atol=1e-5)
    np.testing.assert_allclose(same_scores, scores, rtol=0, atol=1e-4)


def test_more_than_a_hundred_weights_come_back_in_their_order() -> None:
    state = {f"{place:02d}/weight": np.array(place) for place in range(120)}
    shuffled = dict(sorted(state.items()))
    assert [int(array) for array in in_order(shuffled)] == list(range(120))
