"""Models that this machine cannot hold are refused before they train."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, split_of

from lrec.base.errors import DataError
from lrec.model.common import memory
from lrec.model.common.autoencoder import Autoencoder
from lrec.model.common.neural import NeuralModel
from lrec.model.dae import DAE
from lrec.model.gan import GAN
from lrec.model.recvae import RecVAE
from lrec.model.vae import VAE
from lrec.training.schedule.standard import Trainer


@pytest.mark.parametrize("model", [VAE(), DAE(), RecVAE(), GAN()], ids=lambda model: model.name)
def test_autoencoder_beyond_memory_is_refused_with_a_way_out(
    model: Autoencoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 1000.0)
    monkeypatch.setattr(type(model), "build", None)  # it is not even built
    nobody: Any = None
    with pytest.raises(DataError) as refused:
        model.fit(split_of(BASKETS), Trainer(batch_size=8), nobody, 1, nobody)
    message = str(refused.value)
    assert message.startswith(f"model={model.name} needs 0.0 GiB of memory for 6 items, and 0.0")
    assert "model=attention or model=dense" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "model", [VAE((7, 3)), DAE(5), RecVAE(6, 4), GAN((9,), (2,))], ids=lambda model: model.name
)
def test_width_of_an_item_is_that_of_the_layers(model: Autoencoder) -> None:
    """Of two catalogues, the larger has so many weights more for each further item."""
    counts = []
    for n_items in (20, 30):
        model._build(split_of([list(range(n_items))]).catalogue)
        layers = {id(w): w for step in model.train_steps() for w in step.network.weights}
        variables = [w for w in layers.values() if "seed" not in w.path]
        counts.append(sum(int(np.prod(w.shape)) for w in variables))
    biases = 1
    assert (counts[1] - counts[0]) // 10 == model.item_width + biases


class Said:
    """A callback that keeps what it is told."""

    lines: tuple[str, ...] = ()

    def say(self, text: str) -> None:
        self.lines += (text,)


def test_vae_of_half_a_million_items_states_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 copies of 2 × 600 weights an item, and 6 arrays of 256 logits: 16.7 GiB."""
    monkeypatch.setattr(memory, "available_memory", lambda: free * 2.0**30)
    monkeypatch.setattr(NeuralModel, "fit", lambda *arguments: None)
    split = split_of([[403_511], [0]])
    said: Any = Said()
    nobody: Any = None
    free = 24
    with pytest.raises(DataError, match=r"24\.0 GiB are free, of which a model may take two"):
        VAE().fit(split, Trainer(batch_size=256), nobody, 1, said)
    free = 26
    VAE().fit(split, Trainer(batch_size=256), nobody, 1, said)
    assert said.lines == (
        "model=vae takes 16.7 GiB of memory of 26.0 GiB that are free, for 403,512 items",
    )


@pytest.mark.parametrize(("limit", "left"), [("4096", 4096 - 3000 + 1200), ("max", np.inf)])
def test_container_leaves_its_limit_without_what_is_used(
    limit: str, left: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    texts = {"memory.max": limit, "memory.current": "3000", "memory.stat": "anon 7\ncached 1200"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text + "\n")
    names = ("memory.max", "memory.current", "cached")
    monkeypatch.setattr(memory, "CONTAINER", ((tmp_path, *names), (tmp_path / "none", *names)))
    assert memory._left_to_container() == left
    if np.isfinite(left):
        assert memory.available_memory() == left
