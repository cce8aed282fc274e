"""Column of times, known by the end of its name and by its cells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lrec.base.errors import DataError
from lrec.data.tables.columns import is_word_for_none, parsed_numbers, plain_name
from lrec.data.tables.dates import as_dates
from lrec.data.tables.times import is_of_times, seconds

if TYPE_CHECKING:
    import pandas as pd

ENDING = re.compile(r"_(at|on|date|day|time|datetime|ts|timestamp)$")
# Times of a person or an item, and not of what happened between them.
OTHER = re.compile(r"^(birth|release|publish|publication|signup|sign_up|regist|join|expir)")
CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
ROWS = 1000  # are enough to tell what a column holds


def time_column(frame: pd.DataFrame, time_format: str | None = None) -> str | None:
    """The only column whose name ends as those of times do, and whose cells are times.

    Args:
        time_format: of the cells, see `seconds`; None takes what is recognised.

    Returns:
        Its name; None where there is no such column, or more than one.
    """
    found = [c for c in frame.columns if _is_named(c) and _has_times(frame[c], time_format)]
    return found[0] if len(found) == 1 else None


def _is_named(column: str) -> bool:
    name = plain_name(CAPITAL.sub("_", column))
    return bool(ENDING.search(name)) and not OTHER.match(name)


def _has_times(cells: pd.Series, time_format: str | None) -> bool:
    given = cells.dropna().iloc[:ROWS]
    given = given[~is_word_for_none(given)]
    if given.empty:
        return False
    if given.dtype.kind == "M":
        return True
    if time_format is not None:
        try:
            return bool(seconds(given, "", time_format=time_format).notna().all())
        except DataError:
            return False
    numbers = parsed_numbers(given)
    if numbers.notna().all():
        return is_of_times(numbers.to_numpy())
    return bool(as_dates(given).notna().all())
