"""Mult-VAE that decodes to a sample of the catalogue learns what it learns from the whole."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.baskets import BASKETS, split_of
from helpers.cli import SilentCallback

from lrec.data.histories import Histories
from lrec.model.layers.random_numbers import RandomStream
from lrec.model.vae import VAE
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy.cpu import CPU


@pytest.fixture(autouse=True)
def cpu() -> CPU:
    strategy = CPU()
    strategy.start()
    return strategy


def trained(cpu: CPU, sampled_items: int | None) -> VAE:
    model = VAE((16,), 4, beta=0.0, dropout=0.2, noise=0.01, sampled_items=sampled_items)
    schedule = Trainer(epochs=120, batch_size=len(BASKETS), learning_rate=0.02, patience=None)
    model.fit(split_of(BASKETS), schedule, cpu, 1, SilentCallback())  # type: ignore[arg-type]
    return model


@pytest.mark.filterwarnings("ignore:training reached")
def test_sampled_items_give_nearly_the_same_order(cpu: CPU) -> None:
    histories = Histories.of(BASKETS)
    whole, sampled = (trained(cpu, n).score(histories) for n in (None, 3))
    likely = np.zeros(whole.shape, bool)
    likely[histories.row, histories.item] = True
    for scores in (whole, sampled):
        assert scores[likely].mean() > scores[~likely].mean() + 2
    assert not np.array_equal(whole, sampled)


def test_sample_of_the_whole_catalogue_is_the_catalogue(cpu: CPU) -> None:
    histories, n_items = Histories.of(BASKETS), split_of(BASKETS).catalogue.n_items
    whole, all_items = (trained(cpu, n).score(histories) for n in (None, n_items))
    np.testing.assert_array_equal(whole, all_items)


def test_no_item_is_drawn_twice() -> None:
    drawn = RandomStream().distinct(30, 40).numpy()
    assert len(set(drawn.tolist())) == 30
    assert set(drawn.tolist()) <= set(range(40))


def test_no_items_are_refused() -> None:
    with pytest.raises(ValueError, match="sampled_items must be"):
        VAE(sampled_items=0)
