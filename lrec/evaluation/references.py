"""What a model is held against: popularity, the oracle of generated data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Arrays, Floats
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import Truth
from lrec.data.queries import Queries, Split
from lrec.model import Model
from lrec.model.common.protocols import Callback, Schedule, Strategy

if TYPE_CHECKING:
    pass


Rows = Mapping[str, Mapping[str, float]]  # name of a model or a reference -> its metrics


def with_references(name: str, values: Mapping[str, float], references: Rows) -> Rows:
    """A model's metrics and the references' beside them.

    A reference of the model's own name stays out if it says the same, and is marked if it does not,
    as popularity of all time does beside popularity of the last days.
    """
    rows = {name: values}
    for other, found in references.items():
        if other != name:
            rows[other] = found
        elif any(value != values.get(key) and value == value for key, value in found.items()):
            rows[f"{other} (reference)"] = found
    return rows


class Oracle(Model):
    """Ranks by the ground truth of generated data: nobody can do better on average.

    Args:
        truth: of the data set, its items in the catalogue's order.
        queries: who asks, and (by their first target) when.
    """

    answers_empty = True

    def __init__(self, truth: Truth, catalogue: Catalogue, queries: Queries) -> None:
        self.truth = truth
        self.catalogue = catalogue
        target = queries.target
        assert target.timestamp is not None
        self.times = np.zeros(int(queries.user.max(initial=0)) + 1, np.int64)
        self.times[queries.user] = target.timestamp[target.offsets[:-1]]

    def score(self, histories: Histories) -> Floats:
        chance = self.truth.preference(histories.user, self.times[histories.user])
        return np.ascontiguousarray(chance[:, : self.catalogue.n_items], np.float32)

    def rate(self, queries: Queries, scores: Floats) -> Floats:
        target = queries.target
        assert target.timestamp is not None
        return self.truth.rating(queries.user[target.row], target.item, target.timestamp)

    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        raise NotImplementedError("an oracle knows; it does not learn")

    def state(self) -> Arrays:
        return {}

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
