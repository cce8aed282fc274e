"""Models of several networks: each train step moves its own weights only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from helpers.networks import built

from lrec.model.common.neural import NeuralModel
from lrec.model.common.protocols import StatelessCallback, TrainStep
from lrec.model.gan import GAN
from lrec.model.recvae import RecVAE
from lrec.training.schedule.standard import Trainer

pytestmark = pytest.mark.usefixtures("eagerly")


class CountSteps(StatelessCallback):
    """Counts steps, and never stops the training."""

    wants_steps = True

    def __init__(self) -> None:
        self.steps: list[tuple[int, int, int]] = []

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        self.steps.append((epoch, step, steps))

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        assert math.isfinite(loss)
        return math.nan


def weights(network: Any) -> list[Any]:
    return [np.array(w) for w in network.get_weights()]


def same(before: list[Any], after: list[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("moved", [0, 1])
@pytest.mark.parametrize(
    "model", [GAN((8,), (6, 4)), RecVAE(hidden_size=8, latent_size=4)], ids=["gan", "recvae"]
)
def test_a_train_step_moves_its_own_weights_only(model: NeuralModel, moved: int) -> None:
    steps = built(model)
    before = [weights(step.network) for step in steps]
    Trainer(epochs=1, batch_size=10).fit([steps[moved]], 40, 1, CountSteps())
    after = [weights(step.network) for step in steps]
    assert not same(before[moved], after[moved])
    assert same(before[1 - moved], after[1 - moved])


def test_recvae_remembers_its_encoder_before_the_decoder_trains() -> None:
    model = RecVAE(hidden_size=8, latent_size=4, encoder_passes=2)
    steps = built(model)
    assert [step.passes for step in steps] == [2, 1]
    assert not same(weights(model.remembered), weights(model.encoder))
    Trainer(epochs=2, batch_size=10).fit(steps, 40, 1, CountSteps())
    assert same(weights(model.remembered), weights(model.encoder))


def test_an_epoch_counts_the_steps_of_all_networks() -> None:
    callback = CountSteps()
    steps = built(RecVAE(hidden_size=8, latent_size=4, encoder_passes=3))
    Trainer(epochs=2, batch_size=15).fit(steps, 40, 1, callback)
    assert callback.steps == [(e, step, 12) for e in (1, 2) for step in range(1, 13)]


def test_train_steps_end_with_their_function() -> None:
    called: list[str] = []
    first, second = built(GAN((8,), (6,)))
    steps = [
        TrainStep(first.network, 1, lambda: called.append("first")),
        TrainStep(second.network, 2, lambda: called.append("second")),
    ]
    Trainer(epochs=2, batch_size=20).fit(steps, 40, 1, CountSteps())
    assert called == ["first", "second"] * 2
