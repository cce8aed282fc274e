"""References that models are held against: popularity, and the oracle of generated data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lrec.base.arrays import Arrays, Floats
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import Truth
from lrec.data.queries import Queries, Split
from lrec.model import Model
from lrec.model.common.protocols import Callback, Schedule, Strategy
from lrec.model.popularity import Popularity

POPULARITY, ORACLE, BIAS = "popularity", "oracle", "bias"
Rows = Mapping[str, Mapping[str, float]]  # name of a model or a reference -> its metrics


def reference_models(split: Split) -> dict[str, Model]:
    """Models to hold others against on a split, by name, ready to score.

    Returns:
        `popularity` of all time, and `oracle` where the data keeps its ground truth.
    """
    popularity = Popularity()
    popularity.catalogue = split.catalogue
    models: dict[str, Model] = {POPULARITY: popularity}
    if split.truth is not None:
        models[ORACLE] = Oracle(split.truth, split.catalogue, split.test)
    return models


def with_references(name: str, values: Mapping[str, float], references: Rows) -> Rows:
    """A model's metrics, and the references' after them.

    A reference of the model's own name stays out if its metrics are the same, and is marked if they
    are not, as popularity of all time is after popularity of the last days.
    """
    rows = {name: values}
    for other, metrics in references.items():
        if other != name:
            rows[other] = metrics
        elif any(value != values.get(key) and value == value for key, value in metrics.items()):
            rows[f"{other} (reference)"] = metrics
    return rows


class Oracle(Model):
    """Ranking by the ground truth of generated data: no model can do better on average.

    Args:
        truth: of the data set, its items in the catalogue's order.
        queries: the users, and (by their first target) the time that preferences are taken at.
    """

    name = ORACLE
    scores_empty = True

    def __init__(self, truth: Truth, catalogue: Catalogue, queries: Queries) -> None:
        self.truth = truth
        self.catalogue = catalogue
        target = queries.target
        assert target.timestamp is not None
        self.times = np.zeros(int(queries.user.max(initial=0)) + 1, np.int64)
        self.times[queries.user] = target.timestamp[target.offsets[:-1]]

    def score(self, histories: Histories) -> Floats:
        preference = self.truth.preference(histories.user, self.times[histories.user])
        return np.ascontiguousarray(preference[:, : self.catalogue.n_items], np.float32)

    def rate(self, queries: Queries, scores: Floats) -> Floats:
        target = queries.target
        assert target.timestamp is not None
        return self.truth.rating(queries.user[target.row], target.item, target.timestamp)

    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        raise NotImplementedError("an oracle is not fitted: it has the ground truth")

    def state(self) -> Arrays:
        return {}

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
