"""Text tables without a header, known by a first line that looks like the rows below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lrec.data.tables.columns import KNOWN, parsed_numbers, plain_name
from lrec.data.tables.dates import as_dates
from lrec.data.tables.times import is_of_times

if TYPE_CHECKING:
    import pandas as pd

# Files of MovieLens and their many copies, which have no header and these columns.
NAMES = ("u.data", "ratings.dat")
LAYOUT = ("user", "item", "rating", "timestamp")
ROWS = 1000  # are enough to tell what a column holds
HIGHEST = 100  # numbers up to which a column may be of ratings
NUMBER, DATE, TEXT = "number", "date", "text"


def may_lack_header(frame: pd.DataFrame) -> bool:
    """True if the names of columns are no names: none is a usual one, and one is a value."""
    import pandas as pd

    if any(plain_name(column) in KNOWN for column in frame.columns):
        return False
    # pandas numbers a name that occurs twice
    names = pd.Series(frame.columns.astype(str)).str.replace(r"(?<=\d)\.\d+$", "", regex=True)
    return any(_kind(names[[place]]) != TEXT for place in range(len(names)))


def recognised_layout(frame: pd.DataFrame, name: str) -> tuple[str, ...] | None:
    """The columns of a table without a header: user, item, rating and time, as far as it has them.

    Args:
        frame: all rows, the first line too.
        name: of the file.

    Returns:
        A role for each column; None where it cannot be judged.
    """
    if name.removesuffix(".gz") in NAMES and frame.shape[1] == len(LAYOUT):
        return LAYOUT
    first, below = frame.iloc[:1], frame.iloc[1:ROWS]
    if frame.shape[1] not in (3, 4) or below.empty:
        return None
    for column in frame:
        kind = _kind(below[column])
        if kind != TEXT and _kind(first[column]) not in (kind, None):
            return None
    rest = tuple(_role(below[column]) for column in frame.columns[2:])
    roles = ("user", "item", *(role for role in rest if role is not None))
    return roles if len(set(roles)) == frame.shape[1] else None


def layout_note(path: object, roles: tuple[str, ...]) -> str:
    """A line on what was taken for what, and how to say otherwise."""
    taken = ", ".join(f"column {place} for the {role}" for place, role in enumerate(roles))
    keys = " ".join(f"dataset.{role}={place}" for place, role in enumerate(roles))
    return (
        f"{path} has no header: {taken}. To name the columns otherwise: dataset.header=false {keys}"
    )


def _kind(cells: pd.Series) -> str | None:
    """Kind of all cells that are not empty; None where all are."""
    given = cells.dropna()
    if given.empty:
        return None
    if parsed_numbers(given).notna().all():
        return NUMBER
    return DATE if as_dates(given).notna().all() else TEXT


def _role(cells: pd.Series) -> str | None:
    """The role of a column beside users and items, if it can be told."""
    kind, given = _kind(cells), cells.dropna()
    if kind == NUMBER:
        values = parsed_numbers(given).to_numpy()
        if is_of_times(values):
            return "timestamp"
        return "rating" if np.abs(values).max() <= HIGHEST else None
    return "timestamp" if kind == DATE else None
