"""Notes on ids that are probably not meant as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrec.base.errors import shown

if TYPE_CHECKING:
    import pandas as pd

NOTHING = ("na", "n/a", "nan", "null", "none", r"\n", "nil", "-")
FRACTION = r"^\s*\d+\.0\s*$"


def notes_on_ids(ids: pd.Series, role: str, column: str) -> list[str]:
    r"""Notes where ids are words for none, or differ from others only in blanks or a `.0`.

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
        written = ", ".join(words)
        notes.append(
            f"column {column}: {rows} rows have the {role} id {written}, kept as an id: if it "
            f"means none, set 'dataset.missing_values={{{role}: [{written}]}}'"
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
