"""Judges models on one split: rankings, ratings, buckets; and the references beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.arrays import Floats
from lrec.bucket import Bucketing, Buckets
from lrec.data import Catalogue, Histories, Queries, Split
from lrec.evaluation import summarise, user_table
from lrec.interactions import Truth
from lrec.metric import Metric, RatingMetric
from lrec.model import Arrays, Model
from lrec.model.popularity import Popularity
from lrec.ranking import Ranker, Ranking
from lrec.rating import BiasModel, Calibration
from lrec.training import Schedule, Strategy, Watch

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Verdict:
    """What a model is worth.

    Attributes:
        table: the user table.
        values: every metric of every bucket, by `<metric>/<bucket>`.
        rating_head: how ratings were predicted, or why they were not.
        ignored: history items outside the catalogue.
    """

    table: pd.DataFrame
    values: dict[str, float]
    rating_head: str
    ignored: int


class Judge:
    """One split's questions, with everything that is needed to mark the answers.

    Args:
        split: the data; buckets and the bias model are fitted to its training part.
        metrics, bucketings: by name.
        ks: lengths of the lists.
    """

    def __init__(
        self,
        split: Split,
        metrics: Mapping[str, Metric],
        bucketings: Mapping[str, Bucketing],
        ks: Sequence[int],
    ) -> None:
        self.split = split
        self.metrics = metrics
        self.ks = list(ks)
        self.parts = {"validation": split.validation, "test": split.test}
        self.buckets: dict[str, list[Buckets]] = {
            part: [
                bucketing.sort(queries.known, split.train, split.catalogue)
                for bucketing in bucketings.values()
            ]
            for part, queries in self.parts.items()
        }
        self.bias = (
            None
            if split.train.rating is None
            else BiasModel.fit(split.train, split.catalogue.n_items)
        )

    def ranker(self, model: Model) -> Ranker:
        """Keep it over several calls: its graph is traced once."""
        return Ranker(model, max(self.ks))

    def validate(self, ranker: Ranker) -> dict[str, float]:
        """Validation metrics during training, by `<metric>/<bucket>`.

        Calibrated ratings are left out: they are fitted on this very part.
        """
        queries = self.split.validation
        ranking = ranker(queries)
        predictions = None
        if self.bias is not None:
            predictions = self._native(ranker.model, queries, ranking)
        return self._mark(ranker.model, "validation", ranking, predictions, sets=False).values

    def test(self, ranker: Ranker) -> Verdict:
        """The one reading of the test part."""
        model, queries = ranker.model, self.split.test
        ranking = ranker(queries)
        predictions, head = None, "none: the data has no ratings"
        if self.bias is not None:
            predictions = self._native(model, queries, ranking)
            head = "native"
            if predictions is None:
                validation = self.split.validation
                scores = ranker(validation).target_scores
                calibration = Calibration.fit(self.bias, validation, scores)
                head = "none: too few validation ratings to calibrate scores"
                if calibration is not None:
                    predictions = calibration.predict(queries, ranking.target_scores)
                    head = "calibrated"
        return self._mark(model, "test", ranking, predictions, sets=True, head=head)

    def references(self) -> dict[str, dict[str, float]]:
        """What to hold a model against: popularity, the bias model, and the oracle if there is one.

        Returns:
            Metrics of each reference on the test part, by `<metric>/<bucket>`.
        """
        popularity = Popularity()
        popularity.catalogue = self.split.catalogue
        found = {"popularity": self.test(self.ranker(popularity)).values}
        if self.split.truth is not None:
            oracle = Oracle(self.split.truth, self.split.catalogue, self.split.test)
            found["oracle"] = self.test(self.ranker(oracle)).values
        if self.bias is not None:
            ratings = {n: m for n, m in self.metrics.items() if isinstance(m, RatingMetric)}
            predictions = self.bias.predict(self.split.test)
            queries, buckets = self.split.test, self.buckets["test"]
            nothing = Ranking(
                items=np.empty((len(queries), 0), np.int32),
                scores=np.empty((len(queries), 0), np.float32),
                target_scores=np.empty(0, np.float32),
                own=np.ones(len(queries), bool),
                ignored=0,
            )
            table = user_table(popularity, queries, nothing, ratings, [], buckets, predictions)
            n_items = self.split.catalogue.n_items
            found["bias"] = summarise(table, ratings, [], n_items, buckets)
        return found

    def _native(self, model: Model, queries: Queries, ranking: Ranking) -> Floats | None:
        """Predicted ratings of a model that makes them itself, on the scale of the data."""
        assert self.bias is not None
        rated = model.rate(queries, ranking.target_scores)
        if rated is None:
            return None
        outside = self.bias.predict(queries)
        return np.clip(np.where(np.isfinite(rated), rated, outside), *self.bias.scale)

    def _mark(
        self,
        model: Model,
        part: Literal["validation", "test"],
        ranking: Ranking,
        predictions: Floats | None,
        sets: bool,
        head: str = "",
    ) -> Verdict:
        queries, buckets = self.parts[part], self.buckets[part]
        table = user_table(
            model, queries, ranking, self.metrics, self.ks, buckets, predictions, sets
        )
        n_items = model.catalogue.n_items
        values = summarise(table, self.metrics, self.ks, n_items, buckets, sets=sets)
        return Verdict(table, values, head, ranking.ignored)


Rows = Mapping[str, Mapping[str, float]]  # name of a model or a reference -> its metrics


def beside(name: str, values: Mapping[str, float], references: Rows) -> Rows:
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
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, watch: Watch
    ) -> None:
        raise NotImplementedError("an oracle knows; it does not learn")

    def state(self) -> Arrays:
        return {}

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
