"""Histories -> scores over the catalogue. No model holds a user; a user is a history."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lrec.base.arrays import Array, Arrays, Bools, Floats, Sparse, Tensor
from lrec.base.config.component import Component
from lrec.base.errors import DataError
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.model.common.export_scorer import ExportScorer
from lrec.model.common.factorised_scores import FactorisedScores
from lrec.model.common.protocols import Callback, Schedule, Strategy


@dataclass(frozen=True)
class Pretrained:
    """A trained model of the same kind, for another to start from.

    Attributes:
        run: MLflow id of the run that trained it.
        state: see `Model.state`.
        catalogue: the items that it scores.
        shrink: share of every trained weight that is kept.
    """

    run: str
    state: Arrays
    catalogue: Catalogue
    shrink: float = 1.0


@dataclass(frozen=True)
class FineTuning:
    """Changes to a run's schedule when its training goes on with new data.

    Attributes:
        epochs: at least.
        batches: batch size, as a multiple of the run's.
        rate: learning rate at the start, as a multiple of the run's.
    """

    epochs: int
    batches: float
    rate: float


class Model(Component, ABC):
    """A recommender.

    Attributes:
        catalogue: the items it scores; set by `fit` and `restore`.
        scores_empty: True if an empty history gets scores of the model's own; if not, evaluation
            falls back on popularity and reports it.
        seeded: False if training gives the same model whatever the seed, so that one run is enough.
        uses_weights: True if training counts interactions by their weight.
        is_baseline: True for a baseline, with which models trained by gradient are compared.
        contains_histories: True if the saved model holds histories of the training data: it is then
            kept with `tracking.keep_histories=true` only.
        rating_head: `native` where scores are predicted ratings, `calibrated` where a map from
            scores to ratings has to be fitted on validation ratings.
        scores_by_content: True if it scores the items of `catalogue=all` that nobody trained on.
        scores_are_products: True if `score` multiplies the very vectors of `factorised_scores`:
            wide catalogues are then ranked by them, a block at a time.
        fine_tuning: the defaults of `lrec update`.
        warmup_steps: optimizer steps that come before what training is to reach can be seen.
        one_at_a_time: reason for which runs follow one another, with all cores each, and are not
            side by side, with some each; empty where they may be.
        papers: keys of what it implements, in `references.bib` beside its module.
        pretrained: see `warm_start`.
    """

    catalogue: Catalogue
    scores_empty: bool = False
    seeded: bool = True
    uses_weights: bool = False
    is_baseline: bool = True
    contains_histories: bool = False
    rating_head: Literal["native", "calibrated"] = "calibrated"
    scores_by_content: bool = False
    scores_are_products: bool = False
    fine_tuning: FineTuning = FineTuning(epochs=2, batches=2.0, rate=1.5)
    warmup_steps: int = 0
    one_at_a_time: str = ""
    papers: tuple[str, ...] = ()
    pretrained: Pretrained | None = None

    @abstractmethod
    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        """Train on `split.train` only."""

    def warm_start(self, pretrained: Pretrained) -> None:
        """Let the next `fit` start from another model's weights.

        The catalogue of that fit has the other's items first, and may have more behind them. A
        model that is not trained by gradient has no use for it, and trains from scratch.
        """
        self.pretrained = pretrained

    @abstractmethod
    def score(self, histories: Histories) -> Floats:
        """Scores of the whole catalogue, `(len(histories), n_items)` float32.

        Items outside the catalogue are ignored. Nothing is masked. The array is the caller's, who
        masks in it: a model that keeps its scores returns a copy, or a read-only view.
        """

    @property
    def scores_sparsely(self) -> bool:
        """True if `sparse_scores` gives the scores."""
        return False

    def sparse_scores(self, histories: Histories) -> Sparse:
        """The scores of `score` as sparse rows that hold each item once, float32.

        Lists of a large catalogue are then ranked without looking at items that a history does not
        reach.
        """
        raise NotImplementedError(f"model={self.name} scores the whole catalogue")

    def common_scores(self) -> Floats | None:
        """Scores that are the same for every history, `(n_items,)` float32; None where they differ.

        Ranking by them looks at the first items alone.
        """
        return None

    def rate(self, queries: Queries, scores: Floats) -> Floats | None:
        """Predicted ratings of all targets, `(total,)`, or None where scores are no ratings.

        Args:
            scores: `(total,)` scores of the targets; NaN outside the catalogue.
        """
        return scores if self.rating_head == "native" else None

    def is_personalised(self, histories: Histories) -> Bools:
        """True where the scores are the model's own and not a fallback, `(n,)`."""
        if self.scores_empty:
            return np.ones(len(histories), bool)
        inside = histories.inside(self.catalogue.n_items)
        return np.bincount(histories.row, weights=inside, minlength=len(histories)) > 0

    @classmethod
    def has_graph(cls) -> bool:
        """True if scores come of `graph`."""
        return cls.graph is not Model.graph

    def uses_tensorflow(self) -> bool:
        """False if training and scoring do without TensorFlow."""
        return self.has_graph()

    @classmethod
    def encodes_histories(cls) -> bool:
        """True if `encode_histories` gives vectors."""
        return cls.encode_histories is not Model.encode_histories

    def encode_histories(self, histories: Histories) -> Floats | None:
        """Histories as vectors, `(n, width)` float32, or None for a model without such a space.

        All empty histories have the same finite vector. There is one history at least.
        """
        return None

    def factorised_scores(self) -> FactorisedScores | None:
        """The scores as inner products of vectors, or None for a model without them.

        Approximate search needs them.
        """
        return None

    def inputs(self, histories: Histories) -> tuple[Array, ...]:
        """Arrays for `graph`. By default the scores themselves: then the graph has no work."""
        return (self.score(histories),)

    def graph(self, *inputs: Tensor) -> Tensor:
        """TensorFlow code from `inputs` to scores, `(batch, n_items)` float32 tensor."""
        return inputs[0]

    def export_scorer(self) -> ExportScorer:
        """The scores as TensorFlow code that runs without lrec and converts to TensorFlow Lite.

        Raises:
            DataError: the model has no such code.
        """
        raise DataError(f"model={self.name} cannot be exported: it has no graph.")

    @property
    def is_saved_exactly(self) -> bool:
        """False if `state` rounds, so that a saved model scores a little differently."""
        return True

    def round_to_saved(self) -> None:
        """Become the model that `state` saves, if that is another."""

    @abstractmethod
    def state(self) -> Arrays:
        """Everything that was trained, as named arrays."""

    @abstractmethod
    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        """Set everything that `state` gave, without training."""
