"""Models that are trained again on what they have caused."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lrec.base.arrays import Ints
from lrec.commands.settings import RunSettings
from lrec.commands.train.callbacks import LossPrinter
from lrec.data.feature import with_vectors
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.ranking import Ranker
from lrec.model import Model
from lrec.model.common.protocols import StatelessCallback
from lrec.model.popularity import Popularity
from lrec.reporting.terminal import Screen

Train = Callable[[Split], Model]


class RankingPolicy:
    """Recommends what a model ranks first.

    Args:
        model: of the first round, and of the others too if it is not trained again.
        k: items to recommend.
        split: what the model was trained on.
        train: makes the model of the next round; or None.
    """

    def __init__(self, model: Model, k: int, split: Split, train: Train | None = None) -> None:
        self.ranker = Ranker(model, k)
        self.split = split
        self.train = train

    def __call__(self, queries: Queries, turn: int) -> Ints:
        if self.train is not None and turn > 1:
            model = self.train(with_people(self.split, queries.history))
            self.ranker = Ranker(model, self.ranker.k)
        return self.ranker(queries).items


def trainer(parts: RunSettings, screen: Screen) -> Train:
    """Trains a run's model as the run did: with its features, augmenter, schedule and seed."""
    parts.strategy.start()

    def train(split: Split) -> Model:
        model, split = copy.deepcopy(parts.model), with_vectors(split, parts.feature)
        training = parts.augment(split, parts.strategy, parts.seed, LossPrinter(screen))
        callback = Validation(parts, Evaluator(split, parts.metric, parts.bucket, parts.k), model)
        model.fit(training, parts.schedule, parts.strategy, parts.seed, callback)
        return model

    return train


def count(split: Split) -> Model:
    """Popularity as it is now."""
    model = Popularity()
    model.catalogue = split.catalogue
    return model


class Validation(StatelessCallback):
    """Tells training the monitored metric, and nobody else."""

    wants_steps = False

    def __init__(self, parts: RunSettings, evaluator: Evaluator, model: Model) -> None:
        self.parts = parts
        self.evaluator = evaluator
        self.ranker = evaluator.ranker(model)

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        pass

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        if not len(self.evaluator.split.validation):
            return math.nan
        values = self.evaluator.validate(self.ranker)
        return self.parts.monitor_sign * values[self.parts.monitor.removeprefix("val/")]


def with_people(split: Split, history: Histories) -> Split:
    """The split with more users to train on, and what they have counted as popular."""
    catalogue, train = split.catalogue, split.train
    n_items = catalogue.n_items
    more = history.within(n_items)
    more = more.take(np.flatnonzero(more.lengths))
    pairs = np.unique(more.row * n_items + more.item)
    together = Histories.stacked([train, more])
    counted = replace(
        catalogue,
        popularity=catalogue.popularity + np.bincount(pairs % n_items, minlength=n_items),
        interactions=catalogue.interactions + np.bincount(more.item, minlength=n_items),
        n_users=catalogue.n_users + len(more),
    )
    return replace(split, train=together, catalogue=counted)
