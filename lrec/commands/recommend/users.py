"""Who is recommended to: users of the data, or people that it does not have."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lrec.base.arrays import Ints, Strings
from lrec.base.errors import DataError, listed
from lrec.commands.settings import RunSettings
from lrec.data.alignment import find
from lrec.data.catalogue import Catalogue
from lrec.data.cleaning.audit import refuse
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.data.tables.columns import (
    ITEMS,
    RATINGS,
    TIMES,
    USERS,
    find_column,
    names,
    numbers,
    seconds,
)
from lrec.data.tables.reading import read_table
from lrec.evaluation.bucket import ALL, COLD

if TYPE_CHECKING:
    import pandas as pd


def known_users(parts: RunSettings, asked: Any, catalogue: Catalogue) -> tuple[Strings, Histories]:
    """Users of the data, with everything that it has of them, in codes of a model's catalogue.

    Args:
        asked: a list of ids or one id, the name of a bucket, or `all`.

    Raises:
        DataError: the data has no such user, or the bucket is empty.
    """
    data = parts.dataset.load()
    users: Ints
    if asked == ALL:
        users = np.arange(data.n_users)
    elif isinstance(asked, str):
        users = members(parts, data, asked)
    else:
        wanted = asked if isinstance(asked, list) else [asked]
        users = codes_of(wanted, data.user_ids, "users", needed="all")
    if not len(users):
        raise DataError(f"users={asked} is nobody.")
    order = np.unique(users)
    histories = Histories.select(data, np.ones(len(data), bool), order)
    histories = histories.take(np.searchsorted(order, users))
    code = find(data.item_ids, catalogue.ids[: catalogue.n_items])
    item = code[histories.item].astype(np.int32)
    return data.user_ids[users], replace(histories, item=item).within(catalogue.n_items)


def members(parts: RunSettings, data: Interactions, bucket: str) -> Ints:
    """Codes of the users in a bucket, as an evaluation sorts them."""
    split = parts.split(data)
    known = of_all(split)
    bucketing = next(b for b in parts.bucket.values() if bucket in (*b.names, COLD))
    column = bucketing.sort(known, split.train, split.catalogue).column
    return np.flatnonzero(column == bucket)


def of_all(split: Split) -> Histories:
    """What users are sorted into buckets by, a row for each user code.

    That is the training history or, of those who were held out whole, the fold-in part; empty for
    those who have neither or are never asked about.
    """
    held_out_split = [
        queries.train_history.take(
            np.flatnonzero(~np.isin(queries.train_history.user, split.train.user))
        )
        for queries in (split.validation, split.test)
    ]
    histories = Histories.stacked([split.train, *held_out_split])
    histories = histories.take(np.unique(histories.user, return_index=True)[1])
    lengths = np.zeros(len(split.user_ids), np.int64)
    lengths[histories.user] = histories.lengths
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return replace(histories, user=np.arange(len(lengths), dtype=np.int32), offsets=offsets)


def new_users(history: list[Any] | str, catalogue: Catalogue) -> tuple[Strings, Histories]:
    """People that are not in the data, by what they took; unknown items are left out with a note.

    Raises:
        DataError: the table cannot be read, does not say who took an item, or none of the items
            is known.
    """
    import pandas as pd

    known = catalogue.ids[: catalogue.n_items]
    if isinstance(history, list):
        item = codes_of(history, known, "history", needed="some")
        return np.array(["new"]), Histories.of([item.tolist()])
    path = Path(history).expanduser()
    if not path.is_file():
        raise DataError(f"history is neither a list of item ids nor a file. Received: {history}")
    frame = read_table(path)
    usual = {"user": USERS, "item": ITEMS, "rating": RATINGS, "timestamp": TIMES}
    columns = {what: find_column(frame, "auto", those, what) for what, those in usual.items()}
    if columns["item"] is None:
        raise DataError(f"{path} has no item column. Its columns: {', '.join(frame.columns)}.")
    who = pd.Series("new", frame.index)
    if columns["user"] is not None:
        who = names(frame[columns["user"]], "user")
        refuse(who.isna(), "user id", "say whose they are, or leave them out")
    code, ids = pd.factorize(who)
    taken = names(frame[columns["item"]], "item").fillna("").tolist()
    item = codes_of(taken, known, "history", needed="some", keep=True)
    times = _times(frame[columns["timestamp"]]) if columns["timestamp"] else code * 0
    order = np.lexsort([times, code])
    rating = numbers(frame[columns["rating"]], "rating").to_numpy() if columns["rating"] else None
    histories = Histories(
        user=np.full(len(ids), -1, np.int32),
        offsets=np.concatenate([[0], np.cumsum(np.bincount(code))]).astype(np.int64),
        item=item[order].astype(np.int32),
        rating=None if rating is None else rating[order].astype(np.float32),
    )
    return np.asarray(ids, dtype=np.str_), histories.within(catalogue.n_items)


def _times(column: pd.Series) -> pd.Series:
    """Numbers that order a history by time, of whatever unit: seconds where there are dates."""
    try:
        return numbers(column, "timestamp")
    except DataError:
        return seconds(column, "timestamp")


def codes_of(
    wanted: Sequence[Any],
    ids: Strings,
    what: str,
    needed: Literal["all", "some", "none"],
    keep: bool = False,
) -> Ints:
    """Codes of ids as people write them.

    Args:
        what: the key they stand under, for the message.
        needed: how many have to be known; others are left out with a note.
        keep: whether unknown ones are -1 instead of left out.

    Raises:
        DataError: fewer are there than needed.
    """
    asked = np.array([str(one) for one in wanted], dtype=np.str_)
    codes = find(asked, ids) if len(asked) else np.empty(0, np.int64)
    unknown = asked[codes < 0]
    if len(unknown):
        one = listed(unknown[:1]) or "an empty one"
        message = f"{what}: {len(unknown)} of {len(asked)} ids are unknown, such as {one}"
        if needed == "all" or (needed == "some" and len(unknown) == len(asked)):
            raise DataError(f"{message}.")
        warnings.warn(f"{message}: they are left out", stacklevel=2)
    return codes if keep else codes[codes >= 0]
