"""User tables of several models, row by row: the same users, queries, buckets and metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Ints
from lrec.evaluation.metric import Metric, SetMetric
from lrec.evaluation.user_table import bucket_columns

if TYPE_CHECKING:
    import pandas as pd


class ComparisonError(ValueError):
    """Runs that cannot be compared; the message says why."""


@dataclass(frozen=True)
class ModelTables:
    """User tables of one model.

    Attributes:
        name: of the model, unique in a comparison.
        tables: the user table of each seed, see `lrec.evaluation.user_table`, with ids in its
            columns `user` and `items`.
        n_items: size of the catalogue.
        part: of the data that they are of, where there are several: a window, a fold, a split seed.
    """

    name: str
    tables: Sequence[pd.DataFrame]
    n_items: int
    part: str = ""


def by_part(models: Sequence[ModelTables], baseline: str) -> dict[str, list[ModelTables]]:
    """The tables of each part, the baseline first.

    Raises:
        ComparisonError: fewer than two models, or a part has not all of them.
    """
    names = list(dict.fromkeys(model.name for model in models))
    if len(names) < 2:
        raise ComparisonError(
            f"a comparison needs two models. Received: {', '.join(names) or 'none'}"
        )
    parts: dict[str, list[ModelTables]] = {}
    order = sorted(names, key=lambda name: name != baseline)
    for model in sorted(models, key=lambda model: order.index(model.name)):
        parts.setdefault(model.part, []).append(model)
    for part, own in parts.items():
        if {model.name for model in own} != set(names):
            there = ", ".join(model.name for model in own)
            raise ComparisonError(f"all models need {part}: {', '.join(names)}. Received: {there}")
    return parts


def align_users(models: Sequence[ModelTables]) -> list[list[pd.DataFrame]]:
    """Put the rows of each model's tables into the order of the first table.

    Raises:
        ComparisonError: the users, or their histories and targets, are not the same.
    """
    first = models[0].tables[0]
    aligned = []
    for model in models:
        pair = f"{model.name} and {models[0].name}"
        ordered = [_in_order(table, first, pair) for table in model.tables]
        for column in ("n_train", "n_history", "n_targets"):
            if any(not np.array_equal(t[column], first[column]) for t in ordered):
                raise ComparisonError(
                    f"{pair} were evaluated on different data: {column} differs for some users. "
                    "Compare runs on the same data and split."
                )
        for column in bucket_columns(first):
            if any(column in t and not t[column].equals(first[column]) for t in ordered):
                name = column.partition("/")[2]
                raise ComparisonError(
                    f"{pair} put some users into different groups of bucket={name}. Evaluate them "
                    f"with the same settings and tables: lrec evaluate run=… bucket={name}"
                )
        aligned.append(ordered)
    return aligned


def _in_order(table: pd.DataFrame, first: pd.DataFrame, pair: str) -> pd.DataFrame:
    """A table with its users in the order of the first one.

    Tables of other machines, or of other splits of the same users, have another.
    """
    if table["user"].equals(first["user"]):
        return table
    if len(table) != len(first) or set(table["user"]) != set(first["user"]):
        common = len(set(table["user"]) & set(first["user"]))
        raise ComparisonError(
            f"{pair} answered for different users: {len(table):,} and {len(first):,}, "
            f"{common:,} of them the same. Compare runs on one split, with one setting of "
            "tracking.keep_user_ids and, where they are of several machines, with one "
            "LREC_PSEUDONYM_KEY."
        )
    return table.set_index("user").loc[first["user"]].reset_index()


def shared_columns(models: Sequence[ModelTables]) -> pd.DataFrame:
    """The first table with the columns that all have: lists of another make predict no ratings."""
    tables = [table for model in models for table in model.tables]
    return tables[0][[name for name in tables[0] if all(name in table for table in tables)]]


def metric_directions(
    table: pd.DataFrame, metrics: Mapping[str, Metric], primary: str
) -> dict[str, int]:
    """Favourable direction of each column that holds a per-user metric, the primary one first.

    Raises:
        ComparisonError: the primary one is not among them, or has no favourable direction.
    """
    directions = {}
    for column in map(str, table.columns):
        metric = metrics.get(column.rpartition("_at_")[0] or column)
        if metric is not None and not isinstance(metric, SetMetric):
            directions[column] = metric.direction
    if not directions.get(primary):
        valid = ", ".join(name for name, direction in directions.items() if direction)
        raise ComparisonError(
            "primary must be a metric that the runs have for each user, and that has a better "
            f"side: {valid}. Received: {primary}"
        )
    return {primary: directions[primary], **directions}


def people_of(tables: Sequence[pd.DataFrame]) -> list[Ints]:
    """A code of each user, `(users,)` for each table, which is the same in all of them."""
    import pandas as pd

    codes = pd.factorize(np.concatenate([table["user"].to_numpy() for table in tables]))[0]
    return np.split(codes, np.cumsum([len(table) for table in tables])[:-1])


def item_codes(tables: Sequence[Sequence[pd.DataFrame]]) -> Ints:
    """Ranked lists as codes, `(models, seeds, users, k)`; -1 where a list is shorter.

    Lists hold ids of catalogue items only, so codes stay below the catalogue's size.
    """
    import pandas as pd

    lists = [table["items"] for of_model in tables for table in of_model]
    lengths = np.array([[len(row) for row in column] for column in lists])
    flat = np.concatenate([row for column in lists for row in column])
    codes = np.full((*lengths.shape, lengths.max(initial=0)), -1, np.int32)
    codes[np.arange(codes.shape[2]) < lengths[..., None]] = pd.factorize(flat)[0]
    return codes.reshape(len(tables), -1, *codes.shape[1:])
