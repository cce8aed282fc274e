"""The user-loss audit: rows, items and users that each step of cleaning removed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrec.base.arrays import Bools, Ints
from lrec.data.interactions import CleaningStep, Interactions

# Activity classes: a user of n interactions falls into the last edge <= n.
ACTIVITY_EDGES = {"1": 1, "2-4": 2, "5-9": 5, "10-19": 10, "20-49": 20, "50+": 50}


def drop(data: Interactions, rows: Bools, name: str) -> Interactions:
    """Remove the rows that the mask `(n,)` marks, and count the users lost; codes stay."""
    if not rows.any():
        return data
    kept = data.keep(~rows)
    lost = np.flatnonzero((data.activity > 0) & (kept.activity == 0))
    items = int(((data.popularity > 0) & (kept.popularity == 0)).sum())
    step = CleaningStep(name, int(rows.sum()), items, by_activity(data.activity[lost]))
    return replace(kept, audit=(*data.audit, step))


def note(data: Interactions, name: str) -> Interactions:
    """Note a step that removed nothing, and is described by its name."""
    return replace(data, audit=(*data.audit, CleaningStep(name, 0, 0, by_activity([]))))


def by_activity(activity: Ints | list[int]) -> dict[str, int]:
    """Number of users in each activity class.

    Args:
        activity: `(n,)` interactions of each user.
    """
    edges = list(ACTIVITY_EDGES.values())
    index = np.searchsorted(edges, np.asarray(activity, int), side="right") - 1
    counts = np.bincount(index, minlength=len(edges))
    return {name: int(count) for name, count in zip(ACTIVITY_EDGES, counts, strict=True)}
