"""Histories -> scores over the catalogue. No model knows a user; a user is a history."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from lrec.base.arrays import Arrays, Bools, Floats
from lrec.base.config.component import Component
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.model.common.protocols import Callback, Schedule, Strategy


@dataclass(frozen=True)
class Pretrained:
    """What a model of the same kind has learnt.

    Attributes:
        run: where.
        state: see `Model.state`.
        catalogue: the items that it scored.
        shrink: share of every trained weight that is kept.
    """

    run: str
    state: Arrays
    catalogue: Catalogue
    shrink: float = 1.0


@dataclass(frozen=True)
class FineTuning:
    """How training goes on when new data has come, beside how it was.

    Attributes:
        epochs: at least.
        batches: size, times the run's.
        rate: of learning at the start, times the run's.
    """

    epochs: int
    batches: float
    rate: float


class Model(Component, ABC):
    """A recommender.

    Attributes:
        catalogue: the items it scores; set by `fit` and `restore`.
        answers_empty: whether an empty history gets scores of the model's own; if not, evaluation
            falls back on popularity and says so.
        uses_weights: whether training counts interactions by their weight.
        simple: whether it is a baseline for models that are trained by gradient, and not one.
        rating_head: `native` where scores are predicted ratings, `calibrated` where a map from
            scores to ratings has to be fitted on validation ratings.
        onward: how `lrec update` trains on, unless it is told otherwise.
        learnt: see `begin`.
    """

    catalogue: Catalogue
    answers_empty: bool = False
    uses_weights: bool = False
    is_baseline: bool = True
    rating_head: Literal["native", "calibrated"] = "calibrated"
    fine_tuning: FineTuning = FineTuning(epochs=2, batches=2.0, rate=1.5)
    pretrained: Pretrained | None = None

    @abstractmethod
    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        """Learn from `split.train` only."""

    def warm_start(self, pretrained: Pretrained) -> None:
        """Let the next `fit` go on from what another model has learnt.

        The catalogue of that fit has the other's items first, and may have more behind them. A
        model that learns everything in one go has no use for it, and learns anew.
        """
        self.pretrained = pretrained

    @abstractmethod
    def score(self, histories: Histories) -> Floats:
        """Scores of the whole catalogue, `(len(histories), n_items)` float32.

        Items outside the catalogue are ignored. Nothing is masked.
        """

    def rate(self, queries: Queries, scores: Floats) -> Floats | None:
        """Predicted ratings of all targets, `(total,)`, or None where scores are no ratings.

        Args:
            scores: `(total,)` scores of the targets; NaN outside the catalogue.
        """
        return scores if self.rating_head == "native" else None

    def is_personalised(self, histories: Histories) -> Bools:
        """Whether each answer is the model's own and not a fallback, `(n,)`."""
        if self.answers_empty:
            return np.ones(len(histories), bool)
        known = histories.inside(self.catalogue.n_items)
        return np.bincount(histories.row, weights=known, minlength=len(histories)) > 0

    @classmethod
    def encodes_histories(cls) -> bool:
        """Whether the model sees people as vectors: whether `represent` gives any."""
        return cls.encode_histories is not Model.encode_histories

    def encode_histories(self, histories: Histories) -> Floats | None:
        """Where a model sees people: `(n, width)` float32, or None for one without such a space.

        Empty histories have a finite place too, the same for all. One history is the least.
        """
        return None

    def inputs(self, histories: Histories) -> tuple[np.ndarray[Any, Any], ...]:
        """Arrays for `graph`. By default the scores themselves: then the graph has no work."""
        return (self.score(histories),)

    def graph(self, *inputs: Any) -> Any:
        """TensorFlow code from `inputs` to scores, `(batch, n_items)` float32 tensor."""
        return inputs[0]

    @abstractmethod
    def state(self) -> Arrays:
        """Everything learnt, as named arrays."""

    @abstractmethod
    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        """Take back what `state` gave, without training."""
