"""Sampled ranking: each target among drawn negatives only, as many papers report it.

It inflates metrics and can turn the order of models around (Krichene and Rendle 2020, "On sampled
metrics for item recommendation"): it is a check of claims, and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, mean_by_row
from lrec.base.sets import unique
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.evaluator import EvaluationResult, Evaluator
from lrec.evaluation.metric import Lists, Metric, RankingMetric
from lrec.evaluation.negative_sampling import Negatives
from lrec.evaluation.ranking import Ranker
from lrec.evaluation.ranking.top_k_arrays import EMPTY, best_keys, order_keys
from lrec.evaluation.references import Rows, reference_models
from lrec.evaluation.summary import summarise

if TYPE_CHECKING:
    import pandas as pd

PREFIX = "sampled_"  # of the metrics' names
ENTRIES = 2**22  # targets and negatives that are ranked at once: 32 MB of int64


def can_be_sampled(metric: Metric) -> bool:
    """True for metrics of lists that ask whether a list was right."""
    return isinstance(metric, RankingMetric) and metric.of_hits and metric.direction != 0


class SampledRanking:
    """Metrics of the test part, with each target ranked among its own negatives.

    The better of two is the one that the full ranking prefers, by score and then by the same random
    key. A user's value is the mean over the user's targets.

    Args:
        evaluator: of the full ranking, whose metrics, lengths of lists and buckets count.
        negatives: of the same catalogue.
    """

    def __init__(self, evaluator: Evaluator, negatives: Negatives) -> None:
        self.evaluator = evaluator
        self.negatives = negatives
        self.metrics = {
            name: metric
            for name, metric in evaluator.metrics.items()
            if isinstance(metric, RankingMetric) and can_be_sampled(metric)
        }

    def extend(self, result: EvaluationResult, ranker: Ranker) -> EvaluationResult:
        """A result of the full ranking, with these metrics in its table and among its values.

        Args:
            ranker: of the model.
        """
        columns = self.columns(ranker)
        table = result.table.assign(**columns)
        return replace(result, table=table, values={**result.values, **self._values(table)})

    def extend_references(self, references: Rows, result: EvaluationResult) -> Rows:
        """Metrics of the references, with these among them for those that rank.

        Args:
            result: of a model, whose users and buckets count.
        """
        rows = {name: dict(values) for name, values in references.items()}
        for name, model in reference_models(self.evaluator.split).items():
            table = result.table.assign(**self.columns(self.evaluator.ranker(model)))
            rows[name] |= self._values(table)
        return rows

    def columns(self, ranker: Ranker) -> Mapping[str, Floats]:
        """A value of each test user for every metric and length of lists."""
        parts = [self._part(ranker, queries) for queries in self._blocks()]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _values(self, table: pd.DataFrame) -> dict[str, float]:
        """Means of the columns by bucket, with gaps and worst buckets."""
        evaluator = self.evaluator
        metrics = {f"{PREFIX}{name}": metric for name, metric in self.metrics.items()}
        n_items = evaluator.split.catalogue.n_items
        buckets = evaluator.buckets["test"]
        return summarise(table, metrics, evaluator.ks, n_items, buckets, sets=False)

    def _blocks(self) -> Iterator[Queries]:
        """The test part, some users at a time, with each target once."""
        queries = distinct_targets(self.evaluator.split.test)
        entries = np.cumsum(queries.target.lengths) * (self.negatives.n + 1)
        block = entries // ENTRIES
        for number in unique(block):
            yield queries.take(np.flatnonzero(block == number))

    def _part(self, ranker: Ranker, queries: Queries) -> dict[str, Floats]:
        """The columns of some users."""
        target, catalogue, ks = queries.target, ranker.model.catalogue, self.evaluator.ks
        items = np.hstack([target.item[:, None], self.negatives(queries)])
        offsets = target.offsets * items.shape[1]
        wanted = replace(queries, target=Histories(target.user, offsets, items.ravel()))
        ranking = ranker(wanted)
        scores = ranking.target_scores.reshape(items.shape)
        outside = items >= catalogue.n_items  # targets that nobody had in training
        fallen = ~ranking.is_personalised[target.row]
        scores[fallen] = catalogue.popularity[np.where(outside, 0, items)[fallen]]
        scores[outside] = 0
        keys = order_keys(scores, target.user[target.row], items)
        keys[outside] = EMPTY
        keys[queries.owned, 0] = EMPTY
        best = best_keys(keys, min(max(ks), items.shape[1]), items)
        listed = np.take_along_axis(keys, best, 1) != EMPTY
        lists = Lists(
            items=np.where(listed, np.take_along_axis(items, best, 1), -1),
            target=Histories(target.user[target.row], np.arange(len(items) + 1), target.item),
            history=queries.history.take(target.row),
            is_personalised=~fallen,
            catalogue=catalogue,
        )
        return {
            f"{PREFIX}{name}_at_{k}": mean_by_row(metric(lists, k), target.row, len(queries))
            for name, metric in self.metrics.items()
            for k in ks
        }


def distinct_targets(queries: Queries) -> Queries:
    """The same queries with each target of a user once."""
    target = queries.target
    pairs = target.row * (int(target.item.max(initial=0)) + 1) + target.item
    first = np.zeros(len(pairs), bool)
    first[np.unique(pairs, return_index=True)[1]] = True
    return queries if first.all() else replace(queries, target=target.keep(first))
