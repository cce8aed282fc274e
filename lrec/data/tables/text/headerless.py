"""Text tables without a header, known by a first line that looks like the rows below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrec.data.tables.columns import ITEMS, USERS, parsed_numbers, plain_name
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
UNUSED = "unused"


def may_lack_header(frame: pd.DataFrame) -> bool:
    """True if the names of columns are no names: none is of users or items, and one is a value."""
    import pandas as pd

    if any(plain_name(column) in (*USERS, *ITEMS) for column in frame.columns):
        return False
    # pandas numbers a name that occurs twice
    names = pd.Series(frame.columns.astype(str)).str.replace(r"(?<=\d)\.\d+$", "", regex=True)
    return any(_kind(names[[place]]) != TEXT for place in range(len(names)))


def recognised_layout(frame: pd.DataFrame, name: str) -> dict[str, str] | None:
    """The columns of a table without a header: user, item, rating and time, as far as it has them.

    Users are taken to come first, which nothing in the file says.

    Args:
        frame: all rows, the first line too.
        name: of the file.

    Returns:
        The number of each role's column; None where it cannot be judged. A column of one number
        has no role.
    """
    if name.removesuffix(".gz") in NAMES and frame.shape[1] == len(LAYOUT):
        return {role: str(place) for place, role in enumerate(LAYOUT)}
    first, below = frame.iloc[:1], frame.iloc[1:ROWS]
    if frame.shape[1] not in (3, 4) or below.empty:
        return None
    for column in frame:
        kind = _kind(below[column])
        if kind != TEXT and _kind(first[column]) not in (kind, None):
            return None
    if any(_role(below[c], below[c]) == "timestamp" for c in frame.columns[:2]):
        return None
    roles = ["user", "item", *(_role(below[c], frame[c]) for c in frame.columns[2:])]
    known = [role for role in roles if role is not None and role != UNUSED]
    if None in roles or len(set(known)) < len(known):
        return None
    return {str(role): str(place) for place, role in enumerate(roles) if role != UNUSED}


def layout_note(path: object, places: dict[str, str]) -> str:
    """A line on what was taken for what, and how to say otherwise."""
    taken = ", ".join(f"column {place} for the {role}" for role, place in places.items())
    rest = " ".join(f"dataset.{r}={n}" for r, n in places.items() if r not in ("user", "item"))
    other = (
        f"dataset.header=false dataset.user={places['item']} dataset.item={places['user']} {rest}"
    )
    return (
        f"{path} has no header: {taken}. That users come first is a guess; if items do: "
        f"{other.strip()}"
    )


def _kind(cells: pd.Series) -> str | None:
    """Kind of all cells that are not empty; None where all are."""
    given = cells.dropna()
    if given.empty:
        return None
    if parsed_numbers(given).notna().all():
        return NUMBER
    return DATE if as_dates(given).notna().all() else TEXT


def _role(first: pd.Series, cells: pd.Series) -> str | None:
    """The role of a column beside users and items, if it can be told.

    Args:
        first: cells that tell its kind.
        cells: all that tell the range of its numbers.
    """
    kind = _kind(first)
    if kind == NUMBER:
        values = parsed_numbers(cells).dropna().to_numpy()
        if is_of_times(values):
            return "timestamp"
        low, high = values.min(), values.max()
        if low == high:
            return UNUSED
        return "rating" if max(-low, high) <= HIGHEST else None
    return "timestamp" if kind == DATE else None
