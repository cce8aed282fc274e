"""Policies that rank with a model, and train it again on the items accepted in earlier rounds."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from lrec.base.arrays import Ints
from lrec.base.sets import unique
from lrec.commands.settings import Monitor, RunSettings
from lrec.commands.train.callbacks import LossPrinter
from lrec.data.feature import with_vectors
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.data.trained_part import trained_part
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.ranking import Ranker
from lrec.model import Model
from lrec.model.common.protocols import StatelessCallback
from lrec.model.content.by_content import with_content
from lrec.model.popularity import Popularity
from lrec.reporting.terminal import Screen

Fit = Callable[[Split], Model]


class RankingPolicy:
    """Recommends the items that a model ranks first.

    Args:
        model: of the first round, and of the others too if it is not trained again.
        k: length of the lists.
        split: that the model was trained on.
        fit: trains the model of the next round; or None.
    """

    def __init__(self, model: Model, k: int, split: Split, fit: Fit | None = None) -> None:
        self.ranker = Ranker(model, k)
        self.split = split
        self.fit = fit

    def __call__(self, queries: Queries, number: int) -> Ints:
        if self.fit is not None and number > 1:
            model = self.fit(with_users(self.split, queries.history))
            self.ranker = Ranker(model, self.ranker.k)
        return self.ranker(queries).items


def refit(settings: RunSettings, screen: Screen) -> Fit:
    """A function that trains a run's model as the run did, on another split."""
    tensorflow = settings.model.uses_tensorflow() or settings.augment.name != "none"
    settings.strategy.start_for(tensorflow)

    def fit(split: Split) -> Model:
        split = with_vectors(split, settings.feature)
        model = with_content(copy.deepcopy(settings.model), split.catalogue)
        training = settings.augment(
            trained_part(split), settings.strategy, settings.seed, LossPrinter(screen)
        )
        evaluator = Evaluator(
            split, settings.metric, settings.bucket, settings.k, settings.validate_users
        )
        callback = ValidationMonitor(evaluator, model, settings.monitored)
        model.fit(training, settings.schedule, settings.strategy, settings.seed, callback)
        return model

    return fit


def popularity(split: Split) -> Model:
    """Popularity in the training part of a split."""
    model = Popularity()
    model.catalogue = split.catalogue
    return model


class ValidationMonitor(StatelessCallback):
    """Returns the monitored value of each epoch to the trainer; prints and logs nothing."""

    def __init__(self, evaluator: Evaluator, model: Model, monitor: Monitor) -> None:
        self.evaluator = evaluator
        self.ranker = evaluator.ranker(model)
        self.monitor = monitor

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        if not len(self.evaluator.split.validation):
            return math.nan
        values = self.evaluator.validate(self.ranker)
        return self.monitor.value({f"val/{key}": value for key, value in values.items()})


def with_users(split: Split, history: Histories) -> Split:
    """The split with more users to train on, whose items count as popular."""
    catalogue, train = split.catalogue, split.train
    n_items = catalogue.n_items
    more = history.within(n_items)
    more = more.take(np.flatnonzero(more.lengths))
    pairs = unique(more.row * n_items + more.item)
    grown = replace(
        catalogue,
        popularity=catalogue.popularity + np.bincount(pairs % n_items, minlength=n_items),
        interactions=catalogue.interactions + np.bincount(more.item, minlength=n_items),
        n_users=catalogue.n_users + len(more),
    )
    return replace(split, train=Histories.stacked([train, more]), catalogue=grown)
