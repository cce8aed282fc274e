"""The user table: one row for each user; every aggregate derives from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.base.sets import unique
from lrec.data.catalogue import Catalogue
from lrec.data.queries import Queries
from lrec.evaluation.bucket import ALL, Buckets
from lrec.evaluation.by_item.item_buckets import MEASURES, RECALL, item_buckets, item_columns
from lrec.evaluation.metric import Lists, Metric, RankingMetric, RatingMetric
from lrec.evaluation.ranking import Ranking

if TYPE_CHECKING:
    import pandas as pd

NOBODY = np.array([], np.int64)  # rows of a group without users


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
        sets: keep the ranked lists, which set metrics derive from, and all sums by item bucket;
            without, only those of recall, where items can be recommended that nobody trained on.
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
    if ks and (sets or catalogue.all_items):
        measures = MEASURES if sets else (RECALL,)
        columns |= item_columns(lists, ks, item_buckets(catalogue), measures)
    return pd.DataFrame(columns)


def bucket_columns(table: pd.DataFrame) -> list[str]:
    """The columns of a user table that hold buckets, one for each bucketing."""
    return [column for column in map(str, table) if column.startswith("bucket/")]


def rows_of(table: pd.DataFrame, group: str) -> Ints:
    """Rows of a user table that are in a group: all, or a bucket of any of its bucketings."""
    return rows_by_group(table, [group]).get(group, NOBODY)


def rows_by_group(table: pd.DataFrame, groups: Iterable[str]) -> dict[str, Ints]:
    """Rows of each of several groups of users that has any, in rising order."""
    found = {ALL: np.arange(len(table))}
    for column in bucket_columns(table):
        for bucket, rows in table.groupby(column, sort=False, observed=True).indices.items():
            other = found.get(str(bucket))
            found[str(bucket)] = (
                np.asarray(rows) if other is None else unique(np.append(other, rows))
            )
    return {group: found[group] for group in groups if len(found.get(group, NOBODY))}
