"""Augmentation of the training data. Evaluation, and its buckets, use the original data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any

import numpy as np

from lrec.base.arrays import Floats, Ints, offsets_of
from lrec.base.config.component import Component
from lrec.base.errors import DataError
from lrec.base.ranges import check_sizes
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model.common.autoencoder import GenerativeAutoencoder
from lrec.model.common.protocols import Callback, Schedule, Strategy

# Users whose scores over the catalogue are held in memory at once.
BATCH = 512


class Augmenter(Component, ABC):
    """Adds training data to a split.

    Attributes:
        seeded: False if the seed does not change what is added.
    """

    seeded: bool = True

    @abstractmethod
    def __call__(self, split: Split, strategy: Strategy, seed: int, callback: Callback) -> Split:
        """The split with more training interactions; nothing else in it changes.

        Args:
            strategy: where a generator trains.
            seed: of a generator's training, and of the draws.
            callback: follows the training of a generator.
        """


class PseudoInteractionAugmenter(Augmenter):
    """Adds pseudo-interactions to users with few training interactions: items that they lack.

    Every subclass adds the same number of items to the same users, so that the effect of the items
    can be separated from that of their number. The items precede the real history, as in ASReP (Liu
    et al. 2021, "Augmenting sequential recommendation with pseudo-prior items"), so that the latest
    interactions stay the latest. They have no rating, the time of the user's first interaction,
    and the smallest weight in the data.

    Args:
        per_user: items for each of these users (fewer if the catalogue has too few).
        quantile: users with at most this quantile of training interactions get them; 0.5 is the
            tail of `bucket=activity`.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(self, per_user: int, quantile: float) -> None:
        check_sizes(per_user=per_user)
        if not 0 <= quantile <= 1:
            raise ValueError(f"quantile must be from 0 to 1. Received: {quantile}")
        self.per_user = per_user
        self.quantile = quantile

    @abstractmethod
    def fit(self, split: Split, strategy: Strategy, seed: int, callback: Callback) -> None:
        """Fit the distribution of the draws to `split.train`."""

    @abstractmethod
    def log_weights(self, histories: Histories) -> Floats:
        """Logarithms of the weights that items are drawn with, `(len(histories), n_items)`."""

    def __call__(self, split: Split, strategy: Strategy, seed: int, callback: Callback) -> Split:
        train = split.train
        edge = np.quantile(train.lengths, self.quantile, method="inverted_cdf")
        few = np.flatnonzero(train.lengths <= edge)
        self.fit(split, strategy, seed, callback)
        generator = np.random.default_rng(seed)
        rows, items = [], []
        for start in range(0, len(few), BATCH):
            batch = few[start : start + BATCH]
            row, item = self._draw(train.take(batch), generator)
            rows.append(batch[row])
            items.append(item)
        return replace(split, train=prepend(train, np.concatenate(rows), np.concatenate(items)))

    def _draw(self, histories: Histories, generator: np.random.Generator) -> tuple[Ints, Ints]:
        """Items drawn without replacement for each history: rows and items.

        These are the largest log-weights after adding Gumbel noise (Kool et al. 2019, "Stochastic
        beams and where to find them").
        """
        keys = np.asarray(self.log_weights(histories), np.float32)
        if not np.isfinite(keys).all():
            raise DataError(
                f"augment={self.name} learnt nothing that items can be drawn by: its weights are "
                "no finite numbers. Lower augment.schedule.learning_rate."
            )
        keys = keys + generator.gumbel(size=keys.shape).astype(np.float32)
        keys[histories.row, histories.item] = -np.inf
        most = min(self.per_user, keys.shape[1])
        best = np.argpartition(-keys, most - 1, axis=1)[:, :most]
        row, rank = np.nonzero(np.isfinite(np.take_along_axis(keys, best, axis=1)))
        return row, best[row, rank]


class GenerativeAugmenter(PseudoInteractionAugmenter):
    """Draws items with the scores of a generative model as logits.

    Args:
        model: the generator; it is trained on the same training data first.
        schedule: of its training.
        per_user, quantile: see `PseudoInteractionAugmenter`.
    """

    def __init__(
        self,
        model: GenerativeAutoencoder,
        schedule: Schedule,
        per_user: int = 5,
        quantile: float = 0.5,
    ) -> None:
        super().__init__(per_user, quantile)
        self.model = model
        self.schedule = schedule

    def fit(self, split: Split, strategy: Strategy, seed: int, callback: Callback) -> None:
        self.model.fit(split, self.schedule, strategy, seed, callback)

    def log_weights(self, histories: Histories) -> Floats:
        return self.model.draw(histories)


def prepend(histories: Histories, row: Ints, item: Ints) -> Histories:
    """Put items before histories, without rating, at the time of the first interaction.

    Args:
        row, item: `(n,)` row and code of each item; the items of a row keep their order.
    """
    extra = np.bincount(row, minlength=len(histories))
    order = np.argsort(np.concatenate([row, histories.row]), kind="stable")

    def join(new: Any, old: Any) -> Any:
        return np.concatenate([new, old])[order].astype(old.dtype)

    first = histories.offsets[:-1][row]
    rating, timestamp, weight = histories.rating, histories.timestamp, histories.weight
    return Histories(
        user=histories.user,
        offsets=histories.offsets + offsets_of(extra),
        item=join(item, histories.item),
        rating=None if rating is None else join(np.full(len(item), np.nan), rating),
        timestamp=None if timestamp is None else join(timestamp[first], timestamp),
        weight=None if weight is None else join(np.full(len(item), weight.min()), weight),
    )
