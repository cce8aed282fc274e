"""Stray quotes: opened by accident, they swallow the rows up to the next quote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Bools
from lrec.base.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


def refuse_swallowed_rows(frame: pd.DataFrame, separator: str, path: object) -> None:
    """Refuse a table in which a quoted cell holds what can only be rows.

    Its lines have as many separators as rows have, and numbers where the other rows have numbers.
    Reviews of several lines pass.

    Raises:
        DataError: naming the row and the column.
    """
    width = frame.shape[1] - 1
    if not width:
        return
    numeric = None
    for place, name in enumerate(frame.columns):
        cells = frame[name].dropna()
        cells = cells[cells.str.contains("\n", regex=False)]
        if cells.empty:
            continue
        lines = cells.str.count("\n")
        cells = cells[cells.str.count(re.escape(separator)) == width * lines]
        if cells.empty:
            continue
        if numeric is None:
            numeric = _numeric_columns(frame)
        for row, cell in cells.items():
            if _holds_rows(cell, place, separator, numeric):
                raise DataError(
                    f"{path}: a quote in data row {int(str(row)) + 1}, column {name}, encloses "
                    f"what looks like the {cell.count(chr(10))} rows after it: a stray quote. Mend "
                    "it, or set dataset.quoted=false if quotes belong to the values."
                )


def _numeric_columns(frame: pd.DataFrame) -> Bools:
    """True for columns that hold numbers in nine of ten cells."""
    import pandas as pd

    head = frame.head(10_000)
    parsed = [pd.to_numeric(head.iloc[:, k], errors="coerce") for k in range(head.shape[1])]
    return np.array([column.notna().mean() > 0.9 for column in parsed])


def _holds_rows(cell: str, place: int, separator: str, numeric: Bools) -> bool:
    """True if the cell is the rest of a row, whole rows, and the beginning of one."""
    first, *whole, last = (line.rstrip("\r").split(separator) for line in cell.split("\n"))
    width = len(numeric)
    if len(first) != width - place or len(last) != place + 1:
        return False
    if any(len(row) != width for row in whole):
        return False
    # the cells at the quotes themselves are cut, and may be of any form
    parts = [(first[1:], numeric[place + 1 :]), *((row, numeric) for row in whole)]
    parts.append((last[:-1], numeric[:place]))
    return all(
        _is_number(text)
        for texts, columns in parts
        for text, is_number in zip(texts, columns, strict=True)
        if is_number and text
    )


def _is_number(text: str) -> bool:
    try:
        float(text.strip('" '))
    except ValueError:
        return False
    return True
