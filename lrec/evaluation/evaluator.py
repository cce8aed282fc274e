"""Evaluation of models on one split: rankings, ratings and buckets; and of the references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.evaluation.bucket import Bucketing, Buckets, check_names
from lrec.evaluation.by_item.item_buckets import item_buckets
from lrec.evaluation.metric import Metric, RatingMetric
from lrec.evaluation.ranking import Ranker, Ranking
from lrec.evaluation.references import BIAS, reference_models
from lrec.evaluation.score_calibration import ScoreCalibration
from lrec.evaluation.summary import summarise
from lrec.evaluation.user_table import user_table
from lrec.model import Model
from lrec.model.common.bias import BiasModel

if TYPE_CHECKING:
    import pandas as pd

SAMPLE_SEED = 0  # of samples of users, whatever the seed of the run


@dataclass(frozen=True)
class EvaluationResult:
    """A model's metrics on one part of a split.

    Attributes:
        table: the user table.
        values: every metric of every bucket, by `<metric>/<bucket>`.
        rating_head: the way ratings were predicted, or the reason why they were not.
        ignored: history items outside the catalogue.
        item_edges: item bucket -> its meaning; empty for validation.
    """

    table: pd.DataFrame
    values: dict[str, float]
    rating_head: str
    ignored: int
    item_edges: dict[str, str] = field(default_factory=dict)


class Evaluator:
    """One split's queries, with everything that it takes to score rankings of them.

    Args:
        split: the data; buckets and the bias model are fitted to its training part.
        metrics, bucketings: by name.
        ks: lengths of the lists.
        validate_users: size of the sample of validation users that stand for all, the same for
            every model and epoch; None for all. It is also what scores are calibrated on.
        bias: the bias model of the training part, where it has been fitted; None fits it.

    Attributes:
        parts: the queries of either part; validation is the sample of it.
        validated: the ranker that was validated last, and its scores of the targets; None where its
            model has changed since.
        validation_users: user table of the last validation, without lists; None before the first.
    """

    def __init__(
        self,
        split: Split,
        metrics: Mapping[str, Metric],
        bucketings: Mapping[str, Bucketing],
        ks: Sequence[int],
        validate_users: int | None = None,
        bias: BiasModel | None = None,
    ) -> None:
        self.split = split
        self.metrics = metrics
        self.ks = list(ks)
        self.validated: tuple[Ranker, Floats] | None = None
        self.validation_users: pd.DataFrame | None = None
        self.parts = {"validation": sampled(split.validation, validate_users), "test": split.test}
        check_names(list(bucketings.values()))
        of_validation, of_test = (queries.train_history for queries in self.parts.values())

        def buckets_of(histories: Histories) -> list[Buckets]:
            return [bucketing.sort(histories, split) for bucketing in bucketings.values()]

        self.buckets = {"validation": buckets_of(of_validation)}
        self.buckets["test"] = (
            self.buckets["validation"] if of_test is of_validation else buckets_of(of_test)
        )
        if bias is None and split.train.rating is not None:
            bias = BiasModel.fit(split.train, split.catalogue.n_items)
        self.bias = bias

    def ranker(self, model: Model) -> Ranker:
        """A ranker of the longest lists; keep it over several calls: its graph is traced once."""
        return Ranker(model, max(self.ks))

    def sample(self, n: int) -> Evaluator:
        """The evaluator of n test users at most: a random sample, the same in every run."""
        queries = self.split.test
        if len(queries) <= n:
            return self
        rows = sampled_rows(len(queries), n)
        part = copy(self)
        part.split = replace(self.split, test=queries.take(rows))
        part.parts = {**self.parts, "test": part.split.test}
        taken = [replace(bucket, label=bucket.label[rows]) for bucket in self.buckets["test"]]
        part.buckets = {**self.buckets, "test": taken}
        return part

    def validate(self, ranker: Ranker) -> dict[str, float]:
        """Validation metrics during training, by `<metric>/<bucket>`.

        Calibrated ratings are left out: they are fitted on this very part.
        """
        queries = self.parts["validation"]
        ranking = ranker(queries)
        self.validated = (ranker, ranking.target_scores)
        predictions = None
        if self.bias is not None:
            predictions = self._native_ratings(self.bias, ranker.model, queries, ranking)
        result = self._result("validation", ranking, predictions, sets=False)
        self.validation_users = result.table
        return result.values

    def test(self, ranker: Ranker) -> EvaluationResult:
        """Evaluate on the test part; a run does so once."""
        model, queries = ranker.model, self.split.test
        ranking = ranker(queries)
        predictions, head = None, "none: the data has no ratings"
        if self.bias is not None:
            predictions = self._native_ratings(self.bias, model, queries, ranking)
            head = "native"
            if predictions is None:
                validation = self.parts["validation"]
                scores = self._validation_scores(ranker)
                calibration = ScoreCalibration.fit(self.bias, validation, scores)
                head = "none: too few validation ratings to calibrate scores"
                if calibration is not None:
                    predictions = calibration.predict(queries, ranking.target_scores)
                    head = "calibrated"
        return self._result("test", ranking, predictions, sets=True, head=head)

    def given(self, ranking: Ranking, predictions: Floats | None, head: str) -> EvaluationResult:
        """Evaluate what no model of lrec's has made on the test part.

        Args:
            ranking: in the codes of the split; without items, for ratings alone.
            predictions: `(total,)` predicted rating of each target, or None.
            head: the way they were predicted, or why not.
        """
        ranks = bool(ranking.items.shape[1])
        part = self if ranks else copy(self)
        if not ranks:
            part.metrics = {n: m for n, m in self.metrics.items() if isinstance(m, RatingMetric)}
            part.ks = []
        return part._result("test", ranking, predictions, sets=True, head=head)

    def _validation_scores(self, ranker: Ranker) -> Floats:
        """Scores of the validation targets, of the last validation if the model is still that."""
        if self.validated is not None and self.validated[0] is ranker:
            return self.validated[1]
        return ranker(self.parts["validation"]).target_scores

    def references(self) -> dict[str, dict[str, float]]:
        """Metrics of every reference on the test part, by `<metric>/<bucket>`.

        Returns:
            By name: popularity, the oracle if there is one, and the bias model for ratings.
        """
        models = reference_models(self.split)
        values = {name: self.test(self.ranker(model)).values for name, model in models.items()}
        if self.bias is not None:
            values[BIAS] = self._bias_values(self.bias)
        return values

    def _bias_values(self, bias: BiasModel) -> dict[str, float]:
        """Rating metrics of the bias model, which ranks nothing."""
        queries = self.split.test
        return self.given(Ranking.empty(len(queries)), bias.predict(queries), "native").values

    def _native_ratings(
        self, bias: BiasModel, model: Model, queries: Queries, ranking: Ranking
    ) -> Floats | None:
        """Predicted ratings of a model that makes them itself, on the scale of the data."""
        rated = model.rate(queries, ranking.target_scores)
        if rated is None:
            return None
        outside = bias.predict(queries)
        return np.clip(np.where(np.isfinite(rated), rated, outside), *bias.scale)

    def _result(
        self,
        part: Literal["validation", "test"],
        ranking: Ranking,
        predictions: Floats | None,
        sets: bool,
        head: str = "",
    ) -> EvaluationResult:
        # the split's catalogue: a model may be unable to score all of it
        catalogue, queries, buckets = self.split.catalogue, self.parts[part], self.buckets[part]
        table = user_table(
            catalogue, queries, ranking, self.metrics, self.ks, buckets, predictions, sets
        )
        n_items = catalogue.n_items
        values = summarise(table, self.metrics, self.ks, n_items, buckets, sets=sets)
        edges = item_buckets(catalogue).edges if sets else {}
        return EvaluationResult(table, values, head, ranking.ignored, edges)


def sampled(queries: Queries, n: int | None) -> Queries:
    """A random sample of n queries in their order, always the same; all if there are no more."""
    if n is None or n >= len(queries):
        return queries
    return queries.take(sampled_rows(len(queries), n))


def sampled_rows(total: int, n: int) -> Ints:
    """n of so many rows in rising order, drawn at random, always the same."""
    return np.sort(np.random.default_rng(SAMPLE_SEED).choice(total, n, replace=False))
