"""A model of the training items, and beside it a score by content of items nobody trained on."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from lrec.base.arrays import Arrays, Bools, Floats, Ints
from lrec.base.config.check import build
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.model import Model, Pretrained
from lrec.model.common.export_scorer import ExportScorer
from lrec.model.common.protocols import Callback, Schedule, Strategy
from lrec.model.content.content_export import content_scorer
from lrec.model.content.first_choice import SAMPLE, FirstChoice, unit_vectors

PLACES = 20  # of a list, by which items that nobody trained on get their share
BASE = "base/"  # before the names of the base's arrays
BASE_ITEMS = "base_items"  # number of items that it scores


class ByContent(Model):
    """Any model, whose lists also hold items that nobody trained on, by their vectors.

    The base is trained as it is without them. It never scores them; `FirstChoice` tells how likely
    each is a user's next item. They get as many of the first 20 places as it expects choices of
    them: over training users the likeliest of all their (user, item) pairs, whoever the users are.
    Where a user gets m of them, a pair that is just let in scores as the last item of the base that
    it leaves out, the likeliest pair of all as the base's first, and those between by the logarithm
    of their probability.

    Args:
        base: config of the model.

    Attributes:
        base: the model, whose catalogue ends before the items that nobody trained on.
        choice: fitted to the training histories.
        levels: log-probability of a pair that is just let in, and of the likeliest.
    """

    name = "by_content"
    scores_by_content = True

    def __init__(self, base: dict[str, Any]) -> None:
        self._take(build(base, "model.base", "model.json", Model))

    @classmethod
    def around(cls, base: Model, catalogue: Catalogue) -> ByContent:
        """The model beside one that is not trained yet.

        Args:
            catalogue: with the items that nobody trained on, and vectors of all.
        """
        model = cls.__new__(cls)
        model._take(base)
        model.catalogue = catalogue
        return model

    def _take(self, base: Model) -> None:
        self.base = base
        vars(self)["name"] = base.name  # tables and lines name the model that was chosen
        self.scores_empty = base.scores_empty
        self.seeded = base.seeded
        self.uses_weights = base.uses_weights
        self.is_baseline = base.is_baseline
        self.contains_histories = base.contains_histories
        self.rating_head = base.rating_head
        self.fine_tuning = base.fine_tuning

    @cached_property
    def untrained(self) -> Ints:
        """The items that are scored by content, rising codes."""
        return np.flatnonzero(~self.catalogue.is_trained)

    @cached_property
    def _vectors(self) -> Floats:
        return unit_vectors(self.catalogue, self.untrained)

    def warm_start(self, pretrained: Pretrained) -> None:
        self.base.warm_start(base_of(pretrained))

    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        """Train the base on `split`, whose catalogue is without the items nobody trained on."""
        self.choice = FirstChoice.fit(split.train, self.catalogue)
        self.levels = self._levels(split.train)
        self.base.fit(split, schedule, strategy, seed, callback)

    def _levels(self, train: Histories) -> Floats:
        draw = np.random.default_rng(0).permutation(len(train))[:SAMPLE]
        likely = self._log_probabilities(train.take(np.sort(draw)))
        if likely.shape[1] > PLACES:
            likely = np.partition(likely, -PLACES, axis=1)[:, -PLACES:]
        n_let_in = max(1, round(self.choice.share * PLACES * len(likely)))
        ordered = np.sort(likely, axis=None)[::-1]
        lowest = ordered[min(n_let_in, ordered.size) - 1]
        return np.array([lowest, max(ordered[0], lowest + 1e-6)])

    def _log_probabilities(self, histories: Histories) -> Floats:
        return self.choice.log_probabilities(histories, self.catalogue, self._vectors)

    def score(self, histories: Histories) -> Floats:
        known = self.base.score(histories)
        result = np.empty((len(known), self.catalogue.n_items), np.float32)
        result[:, : known.shape[1]] = known
        result[:, self.untrained] = 0.0  # of a base that goes on learning, some lie among the known
        lowest, highest = self.levels
        place = (self._log_probabilities(histories) - lowest) / (highest - lowest)
        let_in = (place >= 0).sum(axis=1)
        low, high = self._range(histories, result[:, : known.shape[1]], let_in)
        result[:, self.untrained] = low[:, None] + (high - low)[:, None] * place
        return result

    def _range(self, histories: Histories, known: Floats, let_in: Ints) -> tuple[Floats, Floats]:
        """Scores of each row for pairs that are just let in, and for the likeliest; they differ.

        Args:
            known: the base's scores.
            let_in: `(n,)` items that get a place.
        """
        open_scores = known.copy()
        own = histories.within(known.shape[1])
        open_scores[own.row, own.item] = -np.inf
        open_scores[:, self.untrained[self.untrained < known.shape[1]]] = -np.inf
        k = min(PLACES, known.shape[1])
        best = np.partition(open_scores, -k, axis=1)[:, -k:].astype(np.float64)
        best = np.where(np.isfinite(best), best, known.min(axis=1, keepdims=True))
        best.sort(axis=1)
        low = best[np.arange(len(best)), np.clip(let_in - 1, 0, k - 1)]
        high = best[:, -1]
        return low, np.maximum(high, low + 1e-4 * np.maximum(np.abs(low), 1e-4))

    def rate(self, queries: Queries, scores: Floats) -> Floats | None:
        """Ratings of the base; NaN for items that nobody trained on."""
        untrained = np.append(~self.catalogue.is_trained, True)
        item = np.minimum(queries.target.item, self.catalogue.n_items)
        return self.base.rate(queries, np.where(untrained[item], np.nan, scores))

    def is_personalised(self, histories: Histories) -> Bools:
        return self.base.is_personalised(histories)

    def uses_tensorflow(self) -> bool:
        return self.base.uses_tensorflow()

    def encode_histories(self, histories: Histories) -> Floats | None:
        return self.base.encode_histories(histories)

    def export_scorer(self) -> ExportScorer:
        return content_scorer(self.base, self.catalogue, self.choice, self.levels, PLACES)

    @property
    def is_saved_exactly(self) -> bool:
        return self.base.is_saved_exactly

    def round_to_saved(self) -> None:
        self.base.round_to_saved()

    def state(self) -> Arrays:
        """The base's state, and the few numbers of the choice."""
        return {
            **{f"{BASE}{name}": array for name, array in self.base.state().items()},
            BASE_ITEMS: np.array(self.base.catalogue.n_items),
            "regression": self.choice.regression,
            "choice": np.array([self.choice.temperature, self.choice.share]),
            "levels": self.levels,
        }

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        own = {k.removeprefix(BASE): v for k, v in state.items() if k.startswith(BASE)}
        self.base.restore(own, catalogue.first(int(state[BASE_ITEMS])))
        self.choice = FirstChoice(state["regression"], *state["choice"].tolist())
        self.levels = state["levels"]


def with_content(model: Model, catalogue: Catalogue) -> Model:
    """The model for a catalogue: beside one by content, where items nobody trained on have vectors.

    Args:
        model: not trained yet.
    """
    vectors = catalogue.features.vectors
    if not catalogue.all_items or vectors is None or not vectors[~catalogue.is_trained].any():
        return model
    return ByContent.around(model, catalogue)


def base_of(pretrained: Pretrained) -> Pretrained:
    """The model that a base goes on from; itself, where it scores nothing by content.

    An update may be of the first items that nobody trained on, or leave none of them.
    """
    state = pretrained.state
    if BASE_ITEMS not in state:
        return pretrained
    known = pretrained.catalogue.first(int(state[BASE_ITEMS]))
    own = {k.removeprefix(BASE): v for k, v in state.items() if k.startswith(BASE)}
    return replace(pretrained, state=own, catalogue=known)


def node_of(model: Model, node: dict[str, Any]) -> dict[str, Any]:
    """The config that builds a model, of that of the one that was chosen."""
    if not isinstance(model, ByContent):
        return node
    return {"_target_": f"{ByContent.__module__}.{ByContent.__qualname__}", "base": node}
