"""Times that are written where none is known: 0, or a day that is far away."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Bools
from lrec.data.tables.missing_values import way_to_drop

if TYPE_CHECKING:
    import pandas as pd

DAY, YEAR = 86_400, 31_622_400  # seconds
YEAR_1990 = 631_152_000  # unix seconds
LISTED = 5  # different cells that are listed


def notes_on_far_times(times: pd.Series, cells: pd.Series, column: str) -> list[str]:
    """A note where some times, less than half, lie before 1970-01-02 or over a year from now.

    Args:
        times: unix seconds, NaN where there is none.
        cells: as the table has them.
        column: its name, for the note.
    """
    values = times.to_numpy()
    far = (values <= DAY) | (values > time.time() + YEAR)
    count, n = int(far.sum()), int(np.isfinite(values).sum())
    if not count or 2 * count >= n or values[~far & np.isfinite(values)].max() < YEAR_1990:
        return []  # in the last case they count from a day of their own
    written = _written(cells, far).drop_duplicates()[:LISTED]
    day = np.datetime64(int(values[far][0]), "s").astype("datetime64[D]")
    return [
        f"column {column}: {count:,} of {n:,} times lie far from the others, such as "
        f"{written.iloc[0]} ({day}): if they mean none, set {way_to_drop('timestamp', written)}"
    ]


def _written(cells: pd.Series, rows: Bools) -> pd.Series:
    """Cells as texts; numbers of Arrow's without the `.0` that they were not written with."""
    if cells.dtype.kind == "M":
        return cells.astype("str")[rows]  # all, for it leaves out the time where all are days
    if cells.dtype.kind == "f":
        return cells[rows].map(lambda cell: str(int(cell)) if cell % 1 == 0 else str(cell))
    return cells[rows].map(str).str.strip()
