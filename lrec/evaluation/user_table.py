"""The user table: one row for each user; every aggregate derives from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lrec.base.arrays import Floats
from lrec.data.catalogue import Catalogue
from lrec.data.queries import Queries
from lrec.evaluation.bucket import Buckets
from lrec.evaluation.by_item.item_buckets import item_buckets, item_columns
from lrec.evaluation.metric import Lists, Metric, RankingMetric, RatingMetric
from lrec.evaluation.ranking import Ranking

if TYPE_CHECKING:
    import pandas as pd


def user_table(
    catalogue: Catalogue,
    queries: Queries,
    ranking: Ranking,
    metrics: Mapping[str, Metric],
    ks: Sequence[int],
    buckets: Sequence[Buckets],
    predictions: Floats | None = None,
    sets: bool = True,
) -> pd.DataFrame:
    """Build the user table, one row for each query.

    Columns: user (code), n_train (length of the history that buckets go by), n_history, n_targets,
    personalised (False after a fallback), `bucket/<bucketing>`, items (ranked list), then one
    column for each per-user metric, named `<metric>_at_<k>` or `<metric>`, n_ratings where there
    are ratings, and sums by item bucket, see `lrec.evaluation.by_item.item_buckets`.

    Args:
        catalogue: of what ranked.
        predictions: predicted rating of each target, or None where the data has no ratings.
        sets: keep the ranked lists, which set metrics derive from, and sums by item bucket.
    """
    import pandas as pd

    lists = Lists(
        ranking.items, queries.target, queries.history, ranking.is_personalised, catalogue
    )
    columns: dict[str, Any] = {
        "user": queries.user,
        "n_train": queries.train_history.lengths,
        "n_history": queries.history.lengths,
        "n_targets": lists.n_targets,
        "personalised": ranking.is_personalised,
        **{f"bucket/{b.bucketing}": b.column for b in buckets},
    }
    if sets:
        columns["items"] = list(ranking.items)
    for name, metric in metrics.items():
        if isinstance(metric, RankingMetric) and metric.applies(catalogue):
            for k in ks:
                columns[f"{name}_at_{k}"] = metric(lists, k)
    target = queries.target
    if predictions is not None and target.rating is not None:
        error = predictions - target.rating
        columns["n_ratings"] = target.lengths
        for name, metric in metrics.items():
            if isinstance(metric, RatingMetric):
                columns[name] = metric(error, target.row, len(queries))
    if sets and ks:
        columns |= item_columns(lists, ks, item_buckets(catalogue))
    return pd.DataFrame(columns)
