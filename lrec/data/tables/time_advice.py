"""Ways out for cells that are no times as they stand: a format, or that they mean none."""

from __future__ import annotations

import shlex
from itertools import product
from typing import TYPE_CHECKING

from lrec.base.config.quotes import text_item
from lrec.data.tables.missing_values import way_to_drop

if TYPE_CHECKING:
    import pandas as pd

DAYS = (
    *(day.replace("/", sign) for day in ("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y") for sign in "/.-"),
    *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%m %d, %Y", "%a %b %d %Y"),
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", ", %H:%M", ", %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
# of web servers, and of Twitter, Foursquare and Goodreads
ZONED = ("%d/%b/%Y:%H:%M:%S %z", "%a %b %d %H:%M:%S %z %Y")
FORMATS = (*map("".join, product(DAYS, CLOCKS)), "%a %b %d %H:%M:%S %Y", *ZONED)
FEW = 4  # cells are few if there are as many times more in all
LISTED, SHORT = 5, 40  # different cells that are listed, and letters of one


def advice(column: pd.Series, unread: pd.Series) -> str:
    """The way out for the cells that are marked."""
    if not unread.any():
        return ""
    if dropped := way_for_few(column, unread):
        return dropped
    cells = column[unread].map(str)
    found = [set_format(text) for text in fitting_formats(cells.drop_duplicates())]
    if found:
        return f"set {' or '.join(found)}"
    return "dataset.time_format=%d/%m/%Y reads others"


def way_for_few(column: pd.Series, unread: pd.Series) -> str:
    """The way to drop the cells that are marked, if they are few and alike; else nothing."""
    if not unread.any() or FEW * int(unread.sum()) > int(column.notna().sum()):
        return ""
    cells = column[unread].map(str).drop_duplicates()
    if len(cells) > LISTED or cells.str.len().max() > SHORT or not cells.map(str.isprintable).all():
        return ""
    return f"if the few mean none, set {way_to_drop('timestamp', cells)}"


def fitting_formats(cells: pd.Series) -> list[str]:
    """The formats, as strptime takes them, in which all cells are times."""
    import pandas as pd

    text = cells.str.strip()
    first = text.iloc[:1]
    return [
        form
        for form in FORMATS
        if all(
            pd.to_datetime(some, errors="coerce", utc=True, format=form).notna().all()
            for some in (first, text)  # most fail at the first
        )
    ]


def set_format(form: str) -> str:
    """The key of a format, as one types it."""
    value = text_item(form) if "," in form else form  # a comma would be a sweep
    word = f"dataset.time_format={value}"
    return shlex.quote(word) if " " in word else word
