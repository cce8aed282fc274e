"""Cells that a data set writes for none: a rating of 0 or −1, an id `NA`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from lrec.base.config.quotes import text_item
from lrec.data.tables.columns import parsed_numbers

if TYPE_CHECKING:
    import pandas as pd

Cells = Sequence[str | int | float]
MissingValues = Cells | Mapping[str, Cells] | None
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
WITH_CELLS = ("user", "item", "rating", "timestamp", "behavior")


def check_missing_values(missing_values: MissingValues) -> None:
    """Refuse roles that tables do not have.

    Raises:
        ValueError: naming them.
    """
    if isinstance(missing_values, Mapping):
        unknown = [role for role in missing_values if role not in WITH_CELLS]
        if unknown:
            raise ValueError(
                f"missing_values must be a list for ratings, or lists by {', '.join(WITH_CELLS)}. "
                f"Received: {', '.join(map(str, unknown))}"
            )


def without(column: pd.Series, missing_values: MissingValues, role: str) -> pd.Series:
    """A column with NaN for the values that stand for none; numbers are compared as numbers."""
    if not isinstance(missing_values, Mapping):
        missing_values = {"rating": missing_values or ()}
    values = missing_values.get(role, ())
    if not values:
        return column
    words = [str(value) for value in values]
    missing = column.astype("str").isin(words)
    if role in ("rating", "timestamp"):
        import pandas as pd

        numbers = pd.to_numeric(pd.Series(words), errors="coerce").dropna()
        missing |= parsed_numbers(column).isin(numbers)
    return column.where(~missing)


def way_to_drop(role: str, cells: Iterable[str]) -> str:
    """The keys that drop the rows with such cells, as one types them."""
    policy = "id" if role in ("user", "item") else role
    items = (cell if NUMBER.fullmatch(cell) else text_item(cell) for cell in cells)
    word = shlex.quote(f"dataset.missing_values={{{role}: [{', '.join(items)}]}}")
    return f"{word} dataset.missing_{policy}=drop"
