"""Evaluates models on one split: rankings, ratings, buckets; and the references beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.base.arrays import Floats
from lrec.data.queries import Queries, Split
from lrec.evaluation.bucket import Bucketing, Buckets
from lrec.evaluation.metric import Metric, RatingMetric
from lrec.evaluation.ranking import Ranker, Ranking
from lrec.evaluation.score_calibration import ScoreCalibration
from lrec.evaluation.summary import summarise
from lrec.evaluation.user_table import user_table
from lrec.model import Model
from lrec.model.common.bias import BiasModel
from lrec.model.popularity import Popularity

if TYPE_CHECKING:
    import pandas as pd
from lrec.evaluation.references import Oracle


@dataclass(frozen=True)
class EvaluationResult:
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


class Evaluator:
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
                bucketing.sort(queries.train_history, split.train, split.catalogue)
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

    def test(self, ranker: Ranker) -> EvaluationResult:
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
                calibration = ScoreCalibration.fit(self.bias, validation, scores)
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
                is_personalised=np.ones(len(queries), bool),
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
    ) -> EvaluationResult:
        queries, buckets = self.parts[part], self.buckets[part]
        table = user_table(
            model, queries, ranking, self.metrics, self.ks, buckets, predictions, sets
        )
        n_items = model.catalogue.n_items
        values = summarise(table, self.metrics, self.ks, n_items, buckets, sets=sets)
        return EvaluationResult(table, values, head, ranking.ignored)
