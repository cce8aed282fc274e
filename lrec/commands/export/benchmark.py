"""Metrics, sizes and times of a model's formats on the same test users, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.commands.export import export_formats
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.evaluation.bucket import Bucketing
from lrec.evaluation.metric.ndcg import NDCG
from lrec.evaluation.metric.recall import Recall
from lrec.evaluation.ranking import Ranker, Ranking
from lrec.evaluation.summary import summarise
from lrec.evaluation.user_table import user_table
from lrec.model import Model

SEED = 0  # of the sample: the same users for all models
METRICS = {"recall": Recall(), "ndcg": NDCG()}


class FormatBenchmark:
    """A sample of test users, for which a model ranks items in each of its formats.

    Where nobody was held out for a test, validation or training users take their place.

    Args:
        model: the model that the formats hold.
        split: the split that it was trained on.
        ks: lengths of the lists.
        sample: number of users, at most.

    Attributes:
        queries: of the sample; those of training users have no targets, and so no metrics.
        whose: the part that they are of.
    """

    def __init__(
        self,
        model: Model,
        split: Split,
        bucketings: Iterable[Bucketing],
        ks: Sequence[int],
        sample: int,
    ) -> None:
        self.whose, queries = _asked(split)
        size = min(sample, len(queries))
        drawn = np.random.default_rng(SEED).choice(len(queries), size, replace=False)
        self.queries = queries.take(np.sort(drawn))
        self.model = model
        self.ks = ks
        history = self.queries.train_history
        self.buckets = [bucketing.sort(history, split) for bucketing in bucketings]

    def measure(self, rank: export_formats.RankFunction, size: int) -> dict[str, float]:
        """Every metric of every bucket, `<metric>/<bucket>`; `bytes`, `p50_ms` and `p99_ms`."""
        items, seconds = export_formats.rank_each(rank, self.queries.history, max(self.ks))
        ranking = Ranking(
            items=items,
            scores=np.empty((len(items), 0), np.float32),
            target_scores=np.empty(0, np.float32),
            is_personalised=self.model.is_personalised(self.queries.history),
            ignored=0,
        )
        table = user_table(
            self.model.catalogue, self.queries, ranking, METRICS, self.ks, self.buckets
        )
        n_items = self.model.catalogue.n_items
        values = summarise(table, METRICS, self.ks, n_items, self.buckets, sets=False)
        return {**values, "bytes": float(size), **latency(seconds)}


def _asked(split: Split) -> tuple[str, Queries]:
    """The first part that has users, and its queries."""
    for name, queries in (("test", split.test), ("validation", split.validation)):
        if len(queries):
            return name, queries
    train = split.train
    return "training", Queries(train, train, train.keep(np.zeros(len(train.item), bool)))


def latency(seconds: Floats) -> dict[str, float]:
    """The median and the 99th percentile of the time that a list takes, in milliseconds."""
    p50, p99 = np.percentile(1000 * seconds, [50, 99])
    return {"p50_ms": float(p50), "p99_ms": float(p99)}


def ranked_by_lrec(model: Model) -> export_formats.RankFunction:
    """The model's ranking by lrec, for users who are not in the data."""
    rankers: dict[int, Ranker] = {}
    no_targets = Histories.of([[]])

    def rank(history: Histories, k: int) -> Ints:
        ranker = rankers.setdefault(k, Ranker(model, k))
        return ranker(Queries(history, history, no_targets)).items

    return rank


def degradation(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Loss of each metric, by `lost/<metric>/<bucket>`."""
    names = [name for name in before if name.startswith(tuple(METRICS))]
    return {f"lost/{name}": before[name] - after[name] for name in names}
