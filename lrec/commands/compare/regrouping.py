"""Users of saved runs in other groups than those that the runs were trained with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arrays import Ints
from lrec.commands import loading
from lrec.commands.runs.saved import refuse_changed, settings_of
from lrec.commands.runs.selection import ComparedModel
from lrec.commands.train.pseudonyms import pseudonyms
from lrec.data.alignment import index_of
from lrec.data.queries import Split
from lrec.evaluation.bucket import Bucketing, Buckets, check_names
from lrec.evaluation.comparison.user_alignment import ComparisonError, ModelTables
from lrec.evaluation.user_table import bucket_columns

if TYPE_CHECKING:
    import pandas as pd


def regrouped(
    bucketings: Mapping[str, Bucketing],
    models: Sequence[ComparedModel],
    tables: Sequence[ModelTables],
    location: Mapping[str, Any],
) -> tuple[list[ModelTables], list[Buckets]]:
    """Sort the users of saved runs into other groups, by the data that the runs were trained on.

    Args:
        location: keys that say where the data lies now, and their values.

    Raises:
        ComparisonError: the runs are of several parts of the data, or see `regroup`.
    """
    if len({table.part for table in tables}) > 1:
        raise ComparisonError(
            "bucket=… sorts the users of one split again, and these runs are of several windows, "
            "folds or split seeds: name the runs of one (runs=[…]), or train all with these groups."
        )
    run_id = next(model.any for model in models if model.any.trained).id
    trained = settings_of(run_id, location)
    data = refuse_changed(trained.dataset.load(), run_id)
    return regroup(tables, list(bucketings.values()), loading.split(trained, data), data.digest)


def regroup(
    models: Sequence[ModelTables], bucketings: Sequence[Bucketing], split: Split, digest: str
) -> tuple[list[ModelTables], list[Buckets]]:
    """Sort the users of published user tables again, by the data that they come from.

    Args:
        split: of the runs.
        digest: of the data, which pseudonyms depend on.

    Returns:
        The tables with these bucketings in the place of their own, and the buckets of the test
        part's users.

    Raises:
        ComparisonError: the tables' users are not those of the split, or have other pseudonyms.
        ValueError: two buckets have one name.
    """
    check_names(bucketings)
    history = split.test.train_history
    buckets = [bucketing.sort(history, split) for bucketing in bucketings]
    ids = split.user_ids[split.test.user]
    names = pseudonyms(ids, digest)

    def regrouped(table: pd.DataFrame, model: str) -> pd.DataFrame:
        users = table["user"].to_numpy(np.str_)
        row = index_of(users, names)
        if (row < 0).any():  # tracking.keep_user_ids
            row = index_of(users, ids)
        if (row < 0).any() or not _is_of(table, history.lengths[row]):
            raise ComparisonError(
                f"the users of {model} cannot be found in its data, so that they stay in the "
                "groups that it was trained with: leave bucket out, or train it with these groups. "
                "Pseudonyms of another machine need its LREC_PSEUDONYM_KEY."
            )
        others = table.drop(columns=bucket_columns(table))
        return others.assign(**{f"bucket/{b.bucketing}": b.column[row] for b in buckets})

    found = [
        replace(model, tables=[regrouped(table, model.name) for table in model.tables])
        for model in models
    ]
    return found, buckets


def _is_of(table: pd.DataFrame, n_train: Ints) -> bool:
    """True if the users' histories have these lengths."""
    return bool((table["n_train"].to_numpy() == n_train).all())
