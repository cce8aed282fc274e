"""Rows of a raw table, before they are coded: their ids, and their order within a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lrec.base.errors import DataError
from lrec.data.cleaning.audit import by_activity
from lrec.data.interactions import CleaningStep, Interactions
from lrec.data.tables.far_times import YEAR_1990

if TYPE_CHECKING:
    import pandas as pd


def identified(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[CleaningStep, ...]]:
    """The rows that have both ids, and the audit of the others.

    Raises:
        DataError: no row has both.
    """
    missing = frame["user"].isna() | frame["item"].isna()
    if not missing.any():
        return frame, ()
    kept, dropped = frame[~missing], frame[missing]
    if kept.empty:
        raise DataError("no row of the data has both a user and an item id.")
    users, items = (set(dropped[name].dropna()) - set(kept[name]) for name in ("user", "item"))
    activity = dropped["user"].value_counts()[list(users)].tolist()
    return kept, (CleaningStep("missing id", len(dropped), len(items), by_activity(activity)),)


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of each second in the order of their times, which are cut to whole seconds later.

    Rows of one second are sorted among themselves; equal times keep file order, and so do tables
    in whole seconds.
    """
    if "timestamp" not in frame:
        return frame
    time = frame["timestamp"].to_numpy(np.float64)
    second = np.trunc(time)
    if ((second == time) | np.isnan(time)).all():
        return frame
    rows = np.empty(len(frame), np.int64)
    rows[np.argsort(second, kind="stable")] = np.argsort(time, kind="stable")
    return frame.iloc[rows]


def notes_on_times(data: Interactions) -> tuple[str, ...]:
    """A note where all times lie before 1990, as positions and numbers of another kind do."""
    if data.timestamp is None or not data.clock or not len(data):
        return ()
    first, last = (int(time) for time in (data.timestamp.min(), data.timestamp.max()))
    if last >= YEAR_1990:
        return ()
    days = [str(np.datetime64(time, "s").astype("datetime64[D]")) for time in (first, last)]
    return (
        f"all times lie before 1990 ({' to '.join(dict.fromkeys(days))}): set dataset.time_unit or "
        "dataset.time_format, or dataset.clock=false if they only order each history",
    )
