"""Models of several networks: each player trains its own weights only, in its turn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.model import recvae
from lrec.model.common.neural import NeuralModel
from lrec.model.common.protocols import StatelessCallback, TrainStep
from lrec.model.gan import GAN
from lrec.model.recvae import RecVAE
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy.cpu import CPU

N_ITEMS = 12


class Evaluator(StatelessCallback):
    """Watches, and never stops the training."""

    wants_steps = True

    def __init__(self) -> None:
        self.steps: list[tuple[int, int, int]] = []

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        self.steps.append((epoch, step, steps))

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        assert math.isfinite(loss)
        return math.nan


def split() -> Split:
    generator = np.random.default_rng(0)
    items = [generator.choice(N_ITEMS, generator.integers(1, 6), replace=False) for _ in range(40)]
    train = Histories.of([row.tolist() for row in items])
    counts = np.bincount(train.item, minlength=N_ITEMS)
    catalogue = Catalogue(np.arange(N_ITEMS).astype(str), counts, counts, 40)
    nobody = Histories.of([])
    queries = Queries(nobody, nobody, nobody)
    return Split(train, queries, queries, catalogue, np.arange(40).astype(str), {})


def ready(model: NeuralModel) -> list[TrainStep]:
    strategy = CPU()
    strategy.start()
    tf.keras.utils.set_random_seed(0)
    model._build(split().catalogue)
    model.prepare(split())
    return model.turns()


def weights(network: Any) -> list[Any]:
    return [np.array(w) for w in network.get_weights()]


def same(before: list[Any], after: list[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("mover", [0, 1])
@pytest.mark.parametrize(
    "model", [GAN((8,), (6, 4)), RecVAE(hidden_size=8, latent_size=4)], ids=["gan", "recvae"]
)
def test_a_player_moves_its_own_weights_only(model: NeuralModel, mover: int) -> None:
    turns = ready(model)
    before = [weights(turn.network) for turn in turns]
    Trainer(epochs=1, batch_size=10).fit([turns[mover]], 40, 1, Evaluator())
    after = [weights(turn.network) for turn in turns]
    assert not same(before[mover], after[mover])
    assert same(before[1 - mover], after[1 - mover])


def test_recvae_remembers_its_encoder_before_the_decoder_trains() -> None:
    model = RecVAE(hidden_size=8, latent_size=4, encoder_passes=2)
    turns = ready(model)
    assert [turn.passes for turn in turns] == [2, 1]
    assert not same(weights(model.remembered), weights(model.encoder))
    Trainer(epochs=2, batch_size=10).fit(turns, 40, 1, Evaluator())
    assert same(weights(model.remembered), weights(model.encoder))


def test_an_epoch_counts_the_steps_of_all_turns() -> None:
    evaluator = Evaluator()
    turns = ready(RecVAE(hidden_size=8, latent_size=4, encoder_passes=3))
    Trainer(epochs=2, batch_size=15).fit(turns, 40, 1, evaluator)
    assert evaluator.steps == [(e, step, 12) for e in (1, 2) for step in range(1, 13)]


def test_turns_end_with_what_they_asked_for() -> None:
    said: list[str] = []
    first, second = ready(GAN((8,), (6,)))
    turns = [
        TrainStep(first.network, 1, lambda: said.append("first")),
        TrainStep(second.network, 2, lambda: said.append("second")),
    ]
    Trainer(epochs=2, batch_size=20).fit(turns, 40, 1, Evaluator())
    assert said == ["first", "second"] * 2


def test_log_density_of_normals() -> None:
    found = recvae._log_density(tf.constant(0.7), tf.constant(0.2), tf.constant(math.log(0.5)))
    expected = math.log(math.exp(-(0.5**2) / (2 * 0.5)) / math.sqrt(2 * math.pi * 0.5))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_gan_sees_histories_as_sets_and_draws_from_outside() -> None:
    model = GAN((8,), (6,))
    ready(model)
    items = tf.ragged.constant([[1, 3, 3], [0]], tf.int32).with_row_splits_dtype(tf.int64)
    real = model._multi_hot(items).numpy()
    assert real.tolist() == [[float(i in row) for i in range(N_ITEMS)] for row in ([1, 3], [0])]
    outside = model._outside(tf.constant(real), 0.5).numpy()
    assert not (outside * real).any()
    assert model._outside(tf.constant(real), 1.0).numpy().sum() == 2 * N_ITEMS - 3
    assert not model._outside(tf.constant(real), 0.0).numpy().any()


@pytest.mark.parametrize("noise_size", [0, 5])
def test_gan_draws_differ_only_with_noise(noise_size: int) -> None:
    model = GAN((8,), (6,), noise_size=noise_size)
    ready(model)
    histories = Histories.of([[1, 3], [0], []])
    scores, first, second = model.score(histories), model.draw(histories), model.draw(histories)
    assert np.array_equal(first, second) == (noise_size == 0)
    assert np.allclose(first, scores) == (noise_size == 0)


def test_gan_losses_are_the_papers() -> None:
    model = GAN(
        (4,), (3,), dropout=0, zero_share=1, mask_ratio=99, zero_weight=0.5, regularisation=0.1
    )
    ready(model)
    users = np.arange(3)
    items = tf.gather(model.histories, users)
    real = np.array(model._multi_hot(items))
    weights = np.array(model.bag.embeddings), np.array(model.preferences.kernel)
    scaled = real / np.sqrt(real.sum(axis=1, keepdims=True))
    hidden = np.tanh(scaled @ weights[0] + np.array(model.bag.bias))
    made = hidden @ weights[1] + np.array(model.preferences.bias)

    def judged(vectors: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        seen = scaled @ np.array(model.condition.embeddings)
        seen += vectors @ np.array(model.vector.kernel) + np.array(model.vector.bias)
        logits: np.ndarray[Any, Any] = np.tanh(seen) @ np.array(model.verdict.kernel)
        return 1 / (1 + np.exp(-(logits[:, 0] + np.array(model.verdict.bias))))

    size = 0.1 * sum((table**2).sum() / 2 for table in weights)
    zero = 0.5 * ((made * (1 - real)) ** 2).sum(axis=1)
    expected = -np.log(judged(made)) + zero + size
    np.testing.assert_allclose(model.losses(users, 0), expected, rtol=1e-4)
    expected = -np.log(judged(real)) - np.log(1 - judged(made))
    np.testing.assert_allclose(model._discriminator_losses(users, 0), expected, rtol=1e-4)


def test_gan_draws_by_the_layers_it_has_after_another_fit() -> None:
    model = GAN((8,), (6,))
    histories = Histories.of([[1, 3], [0]])
    for _ in range(2):
        ready(model)
        np.testing.assert_allclose(model.draw(histories), model.score(histories), atol=1e-6)
        model.preferences.kernel.assign(model.preferences.kernel * 2)
        np.testing.assert_allclose(model.draw(histories), model.score(histories), atol=1e-6)
