"""Cleaned tables as integer-coded interactions."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arrays import Ints
from lrec.base.errors import DataError
from lrec.data.cleaning.audit import drop
from lrec.data.interactions import Behavior, Interactions

if TYPE_CHECKING:
    import pandas as pd


def coded(frame: pd.DataFrame, clock: bool) -> Interactions:
    """Integer codes for ids and behaviours, in the order of their sorted names.

    Raises:
        DataError: ids that are no text.
    """
    import pandas as pd

    (user, users), (item, items) = (_codes(frame[role]) for role in ("user", "item"))
    user_ids, item_ids = users.tolist(), items.tolist()  # quicker to go through than an index
    if any("\0" in "".join(ids) for ids in (user_ids, item_ids)):
        raise DataError("ids hold NUL bytes: the file is no UTF-8 text. Save it as UTF-8.")
    timestamp = rating = behavior = None
    behaviors: tuple[Behavior, ...] = ()
    if "rating" in frame:
        rating = frame["rating"].to_numpy(np.float32)
    if "timestamp" in frame:
        time = frame["timestamp"]
        timestamp = (time.fillna(0) if time.hasnans else time).to_numpy(np.int64)
    if "behavior" in frame:
        behavior, names = pd.factorize(frame["behavior"], sort=True)
        rows = np.bincount(behavior[behavior >= 0], minlength=len(names)).tolist()
        behaviors = tuple(
            Behavior(str(name), 1.0, True, count) for name, count in zip(names, rows, strict=True)
        )
    known = frame["known"].fillna(-1).to_numpy(np.int64) if "known" in frame else None
    return Interactions(
        user=user.astype(np.int32, copy=False),
        item=item.astype(np.int32, copy=False),
        rating=rating,
        timestamp=timestamp,
        behavior=None if behavior is None else behavior.astype(np.int32),
        behaviors=behaviors,
        known=known,
        part=frame["part"].to_numpy(np.int8) if "part" in frame else None,
        user_ids=np.array(user_ids, np.str_),
        item_ids=np.array(item_ids, np.str_),
        clock=clock,
    )


def _codes(column: pd.Series) -> tuple[Ints, Any]:
    """Codes of ids in the order of their sorted names, and these; none is missing."""
    import pandas as pd

    if not isinstance(column.dtype, pd.CategoricalDtype) or not column.dtype.ordered:
        return pd.factorize(column, sort=True)
    codes, ids = column.cat.codes.to_numpy(), column.cat.categories  # sorted already
    occurs = np.bincount(codes, minlength=len(ids)) > 0
    if not occurs.all():  # rows were left out
        codes, ids = (np.cumsum(occurs) - 1)[codes], ids[occurs]
    return codes, ids


def complete(
    data: Interactions, frame: pd.DataFrame, column: str
) -> tuple[Interactions, pd.DataFrame]:
    """The rows that have a value in a column, if there is such a column.

    Args:
        data, frame: the rows, coded and as they were read.
    """
    if column not in frame or not (missing := frame[column].isna()).any():
        return data, frame
    return drop(data, missing.to_numpy(), f"missing {column}"), frame[~missing]


def compact(data: Interactions) -> Interactions:
    """Renumber users and items so that every code occurs."""
    users, items = data.activity > 0, data.popularity > 0
    if users.all() and items.all():
        return data
    return replace(
        data,
        user=(np.cumsum(users) - 1).astype(np.int32)[data.user],
        item=(np.cumsum(items) - 1).astype(np.int32)[data.item],
        user_ids=data.user_ids[users],
        item_ids=data.item_ids[items],
        features=data.features.take(np.flatnonzero(items)),
    )


def content_digest(data: Interactions) -> str:
    """Hex digest of the interactions: of every array but those that describe items."""
    digest = hashlib.sha256()
    targets = None if data.is_target.all() else data.is_target
    named = (data.user_ids, data.item_ids)
    details = (data.rating, data.timestamp, *named, data.weight, targets, data.known, data.part)
    for part in (data.user, data.item, *details):
        if part is not None:
            digest.update(str((part.dtype, part.shape)).encode())
            digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()
