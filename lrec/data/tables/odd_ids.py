"""Notes on ids that are probably not meant as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrec.base.errors import shown
from lrec.data.tables.missing_values import way_to_drop

if TYPE_CHECKING:
    import pandas as pd

NOTHING = ("na", "n/a", "nan", "null", "none", r"\n", "nil", "-")
FRACTION = r"^\s*\d+\.0\s*$"
SEPARATORS = r"[ ,;|]+"
SAMPLE = 1000  # ids that are looked at for lists
MOST = 0.9  # share of the words of a list that hold a digit: titles have fewer
SCIENTIFIC = r"^\s*\d([.,]\d*)?E\+\d+\s*$"  # as spreadsheets show long numbers


def notes_on_ids(ids: pd.Series, role: str, column: str) -> list[str]:
    r"""Notes where ids are words for none, rounded, or differ only in blanks or a `.0`.

    Args:
        ids: categories of text, each of which occurs; empty ids are NaN.
        role: user or item.
        column: its name, for the notes.
    """
    distinct = ids.cat.categories.to_series()
    notes = []
    words = distinct[distinct.str.lower().isin(NOTHING)]
    if len(words):
        rows = int(ids.isin(words).sum())
        notes.append(
            f"column {column}: {rows} rows have the {role} id {', '.join(words)}, kept as an id: "
            f"if it means none, set {way_to_drop(role, words)}"
        )
    rounded = distinct[distinct.str.match(SCIENTIFIC)]
    if len(rounded):
        rows = int(ids.isin(rounded).sum())
        notes.append(
            f"column {column}: {rows} rows have {role} ids that a spreadsheet rounded, such as "
            f"{shown(rounded.iloc[0])}: several ids may have become one; save the column as text"
        )
    if role == "item" and (lists := _lists(distinct.iloc[:SAMPLE])):
        notes.append(
            f"column {column}: most item ids look like several, such as {shown(lists[0])}: if they "
            "are lists, name the column item_id_list in a header, and set dataset.layout=sequences"
        )
    is_fraction = distinct.str.match(FRACTION)
    plain = distinct.str.strip()
    plain = plain.where(~is_fraction, plain.str.removesuffix(".0"))
    twins = plain.duplicated(keep=False)
    if twins.any():
        first = distinct[plain == plain[twins].iloc[0]].tolist()
        notes.append(
            f"column {column}: {int(twins.sum())} {role} ids differ from each other only in "
            f"blanks or .0, such as {shown(first[0])} and {shown(first[1])}, and are kept apart"
        )
        return notes
    fractions = distinct[is_fraction]
    if len(fractions):
        notes.append(
            f"column {column}: {len(fractions)} {role} ids end in .0, such as "
            f"{shown(fractions.iloc[0])}, and are not those without it in other files"
        )
    return notes


def _lists(ids: pd.Series) -> list[str]:
    """The ids that look like lists of ids, if most of these do."""
    words = ids.str.split(SEPARATORS, regex=True)
    lists = words[words.map(len) > 1]
    if 2 * len(lists) <= len(ids):
        return []
    return ids[lists.index].tolist() if lists.explode().str.contains(r"\d").mean() > MOST else []
