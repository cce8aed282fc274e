"""All problems of a table in one message, so that nobody has to find them one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lrec.data.tables.columns import ITEMS, USERS, plain_name
from lrec.data.used_columns import UsedColumns

if TYPE_CHECKING:
    import pandas as pd

# What is checked in this order, as cleaning does: a dropped row misses nothing else.
WHATS = {
    "user": "user id",
    "item": "item id",
    "behavior": "behavior",
    "timestamp": "timestamp",
    "rating": "rating",
}
KEYS = {"user": "id", "item": "id"}  # of the policy, where it is not the column's name


def problems_of(
    frame: pd.DataFrame, policies: Mapping[str, str], weights: Mapping[str, float] | None
) -> list[str]:
    """Problems of a table: columns that could not be read, and cells that may not be missing.

    Args:
        frame: the rows as read; `attrs["problems"]` has those of reading.
        policies: for missing values, by key: id, behavior, timestamp, rating.
        weights: of behaviours; rows of others are dropped, and nothing of them is needed.

    Returns:
        A sentence for each.
    """
    problems: list[str] = [*frame.attrs.get("problems", ())]
    rows = frame
    for column in (column for column in WHATS if column in frame):
        key = KEYS.get(column, column)
        missing = rows[column].isna()
        if missing.any() and policies[key] == "error":
            choices = "drop|mean|median|keep" if key == "rating" else "drop"
            first = int(rows.index.to_numpy()[missing].min()) + 1
            problems.append(
                f"{int(missing.sum())} of {len(rows)} rows have no {WHATS[column]} (the first is "
                f"data row {first}): choose dataset.missing_{key}={choices}"
                f"{_another(frame, column)}."
            )
        elif key == "id" or policies[key] == "drop":
            rows = rows[~missing]
        if column == "behavior" and weights is not None:
            rows = rows[rows[column].astype("str").map(weights).fillna(0) > 0]
    return problems


def _another(frame: pd.DataFrame, role: str) -> str:
    """Words on another column with a usual name for the role, of which the first one was taken."""
    columns: UsedColumns | None = frame.attrs.get("columns")
    usual = {"user": USERS, "item": ITEMS}.get(role, ())
    unused = () if columns is None else columns.unused
    other = next((name for name in unused if plain_name(name) in usual), None)
    return "" if other is None else f", or another column: dataset.{role}={other}"
