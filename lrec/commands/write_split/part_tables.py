"""Tables of a split's parts, by the original ids."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from lrec.base.arrays import Strings
from lrec.base.errors import DataError
from lrec.data.histories import Histories

if TYPE_CHECKING:
    import pandas as pd

TYPES = {"user_id": "token", "item_id": "token", "rating": "float", "timestamp": "float"}


def part_table(histories: Histories, user_ids: Strings, item_ids: Strings) -> pd.DataFrame:
    """A row for each interaction, grouped by user and ordered by time.

    Returns:
        The columns user_id, item_id and, where the data has them, rating and timestamp.
    """
    import pandas as pd

    columns: dict[str, Any] = {
        "user_id": user_ids[histories.user[histories.row]],
        "item_id": item_ids[histories.item],
        "rating": histories.rating,
        "timestamp": histories.timestamp,
    }
    return pd.DataFrame({name: array for name, array in columns.items() if array is not None})


def csv_text(table: pd.DataFrame) -> str:
    """The table as CSV."""
    text: str = table.to_csv(index=False)
    return text


def recbole_text(table: pd.DataFrame) -> str:
    """The table as RecBole's `.inter`: tabs, and types behind the names of columns.

    Raises:
        DataError: an id holds a tab or a line break.
    """
    typed = {name: f"{name}:{kind}" for name, kind in TYPES.items()}
    return _unquoted(table.rename(columns=typed), header=True)


def elliot_text(table: pd.DataFrame) -> str:
    """The table as Elliot reads it: tabs, no header, and a rating of 1 where there is none.

    Raises:
        DataError: an id holds a tab or a line break.
    """
    if "rating" not in table:
        table = table.copy()
        table.insert(2, "rating", 1)
    return _unquoted(table, header=False)


def _unquoted(table: pd.DataFrame, header: bool) -> str:
    """Cells between tabs.

    Raises:
        DataError: an id holds a tab or a line break, which would need quotes.
    """
    for name in table.columns[:2]:
        odd = table[name].str.contains(r"[\t\n\r]")
        if odd.any():
            raise DataError(
                f"{odd.sum():,} values of {name} hold tabs or line breaks, which such files cannot."
                f" Use form=csv. Received: {table[name][odd].iloc[0]!r}"
            )
    text: str = table.to_csv(index=False, header=header, sep="\t", quoting=csv.QUOTE_NONE)
    return text
