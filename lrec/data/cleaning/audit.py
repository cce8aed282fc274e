"""The user-loss audit: what each step of cleaning removed, and whom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Bools, Ints
from lrec.base.errors import DataError
from lrec.data.interactions import CleaningStep, Interactions

if TYPE_CHECKING:
    import pandas as pd

# Activity classes: a user of n interactions falls into the last edge <= n.
ACTIVITY_EDGES = {"1": 1, "2-4": 2, "5-9": 5, "10-19": 10, "20-49": 20, "50+": 50}


def drop(data: Interactions, rows: Bools, name: str) -> Interactions:
    """Remove `rows`, and note which users went with them; codes stay."""
    if not rows.any():
        return data
    kept = data.keep(~rows)
    degradation = np.flatnonzero((data.activity > 0) & (kept.activity == 0))
    items = int(((data.popularity > 0) & (kept.popularity == 0)).sum())
    step = CleaningStep(name, int(rows.sum()), items, by_activity(data.activity[degradation]))
    return replace(kept, audit=(*data.audit, step))


def note(data: Interactions, name: str) -> Interactions:
    """Note a step that removed nothing; its name says what it did."""
    return replace(data, audit=(*data.audit, CleaningStep(name, 0, 0, by_activity([]))))


def by_activity(activity: Ints | list[int]) -> dict[str, int]:
    """How many users of each activity class there are among users of these activities."""
    edges = list(ACTIVITY_EDGES.values())
    which = np.searchsorted(edges, np.asarray(activity, int), side="right") - 1
    counts = np.bincount(which, minlength=len(edges))
    return {name: int(count) for name, count in zip(ACTIVITY_EDGES, counts, strict=True)}


def refuse(missing: pd.Series, what: str, advice: str) -> None:
    """Refuse rows that are missing something.

    Args:
        missing: bool, by place in the file.

    Raises:
        DataError: there are such rows.
    """
    if missing.any():
        first = missing.index.to_numpy()[missing][0] + 1
        raise DataError(
            f"{missing.sum()} of {len(missing)} rows have no {what} (the first is data row "
            f"{first}): {advice}."
        )
