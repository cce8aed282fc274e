"""Ratings that are written where nobody rated: 0 or -1 below a scale that begins at 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lrec.data.tables.missing_values import way_to_drop

if TYPE_CHECKING:
    import pandas as pd

LEAST = 3  # highest rating of a scale: below it, 0 and -1 may be dislikes


def notes_on_ratings(ratings: pd.Series, column: str) -> list[str]:
    """A note where the lowest rating is -1 or 0 and every other is 1 or more, up to 3 at least.

    A 0 that is rarer than the rating above it belongs to the scale.

    Args:
        ratings: NaN where there is none.
        column: its name, for the note.
    """
    values = ratings.to_numpy(np.float64)
    values = values[np.isfinite(values)]
    if not len(values) or values.min() not in (-1, 0) or values.max() < LEAST:
        return []
    lowest = values.min()
    count, others = int((values == lowest).sum()), values[values > lowest]
    above = int((others == others.min()).sum())
    if others.min() < lowest + 1 or (lowest == 0 and count <= above):
        return []
    return [
        f"column {column}: {count:,} of {len(values):,} ratings are {lowest:g}, and the others "
        f"{others.min():g} to {others.max():g}: if it means none, set "
        f"{way_to_drop('rating', [f'{lowest:g}'])} (or keep: such rows stay, without a rating)"
    ]
