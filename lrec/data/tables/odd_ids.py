"""Notes on ids that are probably not meant as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrec.base.config.quotes import text_item
from lrec.base.errors import shown

if TYPE_CHECKING:
    import pandas as pd

NOTHING = ("na", "n/a", "nan", "null", "none", r"\n", "nil", "-")
FRACTION = r"^\s*\d+\.0\s*$"
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
        items = ", ".join(text_item(word) for word in words)
        notes.append(
            f"column {column}: {rows} rows have the {role} id {', '.join(words)}, kept as an id: "
            f"if it means none, set 'dataset.missing_values={{{role}: [{items}]}}'"
        )
    rounded = distinct[distinct.str.match(SCIENTIFIC)]
    if len(rounded):
        rows = int(ids.isin(rounded).sum())
        notes.append(
            f"column {column}: {rows} rows have {role} ids that a spreadsheet rounded, such as "
            f"{shown(rounded.iloc[0])}: several ids may have become one; save the column as text"
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
