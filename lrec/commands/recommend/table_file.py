"""The file that recommendations are written to, `to=`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lrec.base.files import write_table

if TYPE_CHECKING:
    import pandas as pd

FORMULA = r"[=+\-@\t\r]"  # how a spreadsheet tells a formula
NUMBER = r"[+\-]?(\d+\.?\d*|\.\d+)"  # which it takes as it is
COLUMNS = ("user", "rank", "item", "score", "personalised")  # of every table, in order
FORMERLY = ("user", "rank", "item", "score", "own")


def is_replaceable(path: Path) -> bool:
    """True if there is no such file, or it begins as every table of recommendations does."""
    from pyarrow import ArrowException, parquet

    if not path.exists():
        return True
    try:
        if path.suffix == ".parquet":
            names = parquet.read_schema(path).names
        else:
            with path.open(encoding="utf-8") as file:
                names = file.readline().rstrip("\n").split(",")
    except (OSError, ValueError, ArrowException):
        return False
    return tuple(names[: len(COLUMNS)]) in (COLUMNS, FORMERLY)


def write(path: Path, table: pd.DataFrame, escape_formulas: bool) -> int:
    """Write recommendations as CSV or Parquet, by the suffix.

    Args:
        escape_formulas: put an apostrophe before ids and titles in a CSV that a spreadsheet would
            run.

    Returns:
        The number of cells that were escaped.
    """
    count = 0
    if escape_formulas and path.suffix == ".csv":
        for name in map(str, table.select_dtypes(exclude=["number", "bool"])):
            text = table[name].astype(str).str
            formulas = text.match(FORMULA) & ~text.fullmatch(NUMBER)
            count += int(formulas.sum())
            table = table.assign(**{name: table[name].mask(formulas, "'" + table[name])})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(path, table)
    return count
