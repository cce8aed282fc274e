"""Users to recommend to: users of the data, or new ones by their histories."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, Strings, offsets_of
from lrec.base.errors import DataError, as_list, listed
from lrec.base.missing_files import looked_in
from lrec.base.sets import unique
from lrec.commands import loading
from lrec.commands.settings import RunSettings
from lrec.data.alignment import index_of
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions
from lrec.data.tables.columns import (
    ITEMS,
    RATINGS,
    TIMES,
    USERS,
    find_column,
    names,
    numbers,
)
from lrec.data.tables.reading import read_table
from lrec.data.tables.time_column import time_column
from lrec.data.tables.times import seconds
from lrec.data.used_columns import UsedColumns
from lrec.evaluation.bucket import ALL, COLD

if TYPE_CHECKING:
    import pandas as pd


def known_users(
    settings: RunSettings, data: Interactions, requested: Any, catalogue: Catalogue
) -> tuple[Strings, Histories, Histories]:
    """Users of the data with their whole histories, in codes of a model's catalogue.

    Args:
        data: of the run.
        requested: a list of ids or one id, the name of a bucket, or `all`.

    Returns:
        Ids `(n,)`, histories, and the part of them that evaluations may hold out (of behaviours,
        `dataset.targets`), `n` rows each.

    Raises:
        DataError: the data has no such user, or the bucket is empty.
    """
    users: Ints
    if requested == ALL:
        users = np.arange(data.n_users)
    elif isinstance(requested, str):
        users = members(settings, data, requested)
    else:
        ids = requested if isinstance(requested, list) else [requested]
        users = codes_of(ids, data.user_ids, "users", needed="all")
        users = users[np.sort(np.unique(users, return_index=True)[1])]  # each once, as named
    if not len(users):
        raise DataError(f"users={requested} is nobody.")
    order = unique(users)
    code = index_of(data.item_ids, catalogue.ids[: catalogue.n_items]).astype(np.int32)

    def select(rows: Bools) -> Histories:
        histories = Histories.select(data, rows, order).take(np.searchsorted(order, users))
        return replace(histories, item=code[histories.item]).within(catalogue.n_items)

    return data.user_ids[users], select(np.ones(len(data), bool)), select(data.is_target)


def members(settings: RunSettings, data: Interactions, bucket: str) -> Ints:
    """Codes of the users in a bucket, as an evaluation sorts them."""
    split = loading.split(settings, data)
    histories = split.train_history_of_all()
    bucketing = next(b for b in settings.bucket.values() if bucket in (*b.names, COLD))
    return np.flatnonzero(bucketing.sort(histories, split).column == bucket)


@dataclass(frozen=True)
class GivenHistories:
    """Histories of users that are not in the data, as they were given; a row an item.

    Attributes:
        user: `(n,)` codes of the users, and their ids.
        item: `(n,)` ids as written.
        rating: `(n,)`, or None.
        order: `(n,)` the rows by user and time.
    """

    user: Ints
    ids: Strings
    item: Sequence[Any]
    rating: Floats | None
    order: Ints


def given_histories(history: list[Any] | str) -> GivenHistories:
    """Histories of new users.

    Args:
        history: item ids of one user, or the path of a table.

    Raises:
        DataError: the table cannot be read, or has items without a user.
    """
    import pandas as pd

    if isinstance(history, list):
        rows = np.arange(len(history))
        return GivenHistories(rows * 0, np.array(["new"]), history, None, rows)
    path = table_path("history", history)
    frame = read_table(path)
    usual = {"user": USERS, "item": ITEMS, "rating": RATINGS, "timestamp": TIMES}
    columns = {key: find_column(frame, "auto", usual[key], key) for key in usual}
    columns["timestamp"] = columns["timestamp"] or time_column(frame)
    if columns["item"] is None:
        raise DataError(f"{path} has no item column. Its columns: {', '.join(frame.columns)}.")
    users = pd.Series("new", frame.index)
    if columns["user"] is None:
        used = UsedColumns.of({r: c for r, c in columns.items() if c is not None}, frame.columns)
        if used.unused:  # one of them may be of users
            warnings.warn(
                f"{path} has no user column under a usual name, and its {len(frame):,} rows are "
                f"read as one person's (columns: {used}): name a column user to tell people apart",
                stacklevel=2,
            )
    else:
        users = names(frame[columns["user"]], "user")
        if len(missing := users.index[users.isna()]):
            raise DataError(
                f"{len(missing)} of {len(users)} rows have no user id (the first is data row "
                f"{missing[0] + 1}): say whose they are, or leave them out."
            )
    code, ids = pd.factorize(users)
    items = names(frame[columns["item"]], "item").astype("str").fillna("").tolist()
    times = _times(frame[columns["timestamp"]]) if columns["timestamp"] else code * 0
    rating = numbers(frame[columns["rating"]], "rating").to_numpy() if columns["rating"] else None
    order = np.lexsort([times, code])
    return GivenHistories(code, np.asarray(ids, dtype=np.str_), items, rating, order)


def new_users(given: GivenHistories, catalogue: Catalogue) -> tuple[Strings, Histories]:
    """Users that are not in the data, by their items; unknown items are left out with a note.

    Returns:
        Ids `(n,)` and histories, `n` rows.

    Raises:
        DataError: none of the items is known.
    """
    item_ids = catalogue.ids[: catalogue.n_items]
    item = codes_of(given.item, item_ids, "history", needed="some", keep=True)
    order, rating = given.order, given.rating
    histories = Histories(
        user=np.full(len(given.ids), -1, np.int32),
        offsets=offsets_of(np.bincount(given.user, minlength=len(given.ids))),
        item=item[order].astype(np.int32),
        rating=None if rating is None else rating[order].astype(np.float32),
    )
    return given.ids, histories.within(catalogue.n_items)


def _times(column: pd.Series) -> pd.Series:
    """Numbers that order a history by time, of whatever unit: seconds where there are dates."""
    try:
        return numbers(column, "timestamp")
    except DataError:
        return seconds(column, "timestamp", positions=True)


def table_path(key: str, given: str) -> Path:
    """The path of a table that is given in the place of a list of item ids.

    Raises:
        DataError: there is no such file.
    """
    path = Path(given).expanduser()
    if not path.is_file():
        raise DataError(
            f"{key} is neither a list of item ids nor a file (one id is a list too: "
            f"{as_list(key, given)}). Received: {given} {looked_in(path)}"
        )
    return path


def codes_of(
    requested: Sequence[Any],
    ids: Strings,
    key: str,
    needed: Literal["all", "some", "none"],
    keep: bool = False,
) -> Ints:
    """Codes of ids as they are written on a command line or in a table.

    Args:
        ids: of all codes.
        key: of the config, for the message.
        needed: number of ids that have to be known; others are left out with a note.
        keep: True to give unknown ids the code -1 instead of leaving them out.

    Raises:
        DataError: fewer are known than needed.
    """
    written = np.array([str(value) for value in requested], dtype=np.str_)
    codes = index_of(written, ids) if len(written) else np.empty(0, np.int64)
    unknown = written[codes < 0]
    if len(unknown):
        example = listed(unknown[:1]) or "an empty one"
        message = f"{key}: {len(unknown)} of {len(written)} ids are unknown, such as {example}"
        if needed == "all" or (needed == "some" and len(unknown) == len(written)):
            raise DataError(f"{message}{meant(str(unknown[0]), ids)}.")
        warnings.warn(f"{message}{meant(str(unknown[0]), ids)}: they are left out", stacklevel=2)
    return codes if keep else codes[codes >= 0]


def meant(written: str, ids: Strings) -> str:
    """A hint at the id that an unknown one is but for leading zeros, blanks or case, if there is.

    >>> meant("2122", np.array(["00002122", "7"])), meant("8", np.array(["00002122", "7"]))
    (' (did you mean 00002122?)', '')
    """
    plain = np.strings.lstrip(np.strings.strip(np.strings.lower(ids)), "0")
    found = np.flatnonzero(plain == written.strip().lower().lstrip("0"))
    return f" (did you mean {listed(ids[found[:1]])}?)" if len(found) else ""
