"""Networks of a model on tiny data, ready to train."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.model.common.neural import NeuralModel
from lrec.model.common.protocols import TrainStep
from lrec.training.strategy.cpu import CPU

N_ITEMS, N_USERS = 12, 40


def split() -> Split:
    """Training histories of 1 to 5 items, and no queries."""
    generator = np.random.default_rng(0)
    lengths = generator.integers
    items = [generator.choice(N_ITEMS, lengths(1, 6), replace=False) for _ in range(N_USERS)]
    train = Histories.of([row.tolist() for row in items])
    counts = np.bincount(train.item, minlength=N_ITEMS)
    catalogue = Catalogue(np.arange(N_ITEMS).astype(str), counts, counts, N_USERS)
    empty = Histories.of([])
    queries = Queries(empty, empty, empty)
    return Split(train, queries, queries, catalogue, np.arange(N_USERS).astype(str), {})


def built(model: NeuralModel) -> list[TrainStep]:
    """Build a model with random weights; its train steps."""
    strategy = CPU()
    strategy.start()
    tf.keras.utils.set_random_seed(0)
    model._build(split().catalogue)
    model.prepare(split())
    return model.train_steps()
