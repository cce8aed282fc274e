"""Tables of lists and of predicted ratings, as other libraries write them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.errors import DataError, listed
from lrec.data.ready_made.item_lists import expanded, list_column
from lrec.data.tables.columns import ITEMS, RATINGS, USERS, find_column, names, numbers
from lrec.data.tables.table_format import TableFormat
from lrec.data.tables.text.headerless import may_lack_header

if TYPE_CHECKING:
    import pandas as pd

RANKS = ("rank", "position")
PREDICTED = ("prediction", "predicted", "pred", "predicted_rating", "estimate", "est")
SCORES = (*("score", "scores", "relevance"), *PREDICTED, *RATINGS)
LAYOUT = ("user", "item", "score")  # of files without a header, such as Elliot's


def read(path: Path) -> pd.DataFrame:
    """A table as it is, in any form that interactions are read in; a list column becomes rows.

    Without a header the columns are user, item and score.

    Raises:
        DataError: it is no such table, or has no header and other columns.
    """
    form = TableFormat(user="auto", item="auto")
    frame = form.cells(path)
    if list_column(frame.columns):
        return expanded(frame, path)
    if frame.attrs["is_text"] and may_lack_header(frame):
        frame = replace(form, header=False).cells(path)
        if frame.shape[1] not in (2, 3):
            raise DataError(
                f"{path} has no header and {frame.shape[1]} columns, where user, item and score "
                "are expected: write their names into the first line."
            )
        frame.columns = list(LAYOUT[: frame.shape[1]])
    return frame


def normalised(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    """The columns of a table of lists, by usual names.

    Args:
        frame: with a user and an item in every row.
        what: it is, for messages: `lists` or `ratings`.

    Returns:
        `user` and `item` as categories of text; and as float64 those of `rank` and `score` that
        there are, of ratings only `score`, which is there then.

    Raises:
        DataError: a column is missing, or a cell is.
    """
    import pandas as pd

    scores = SCORES if what == "lists" else (*PREDICTED, *RATINGS)
    usual = {"user": USERS, "item": ITEMS, "rank": RANKS, "score": scores}
    frame = frame.rename(columns=str)
    found = {role: find_column(frame, "auto", words, role) for role, words in usual.items()}
    needed = ("user", "item") if what == "lists" else ("user", "item", "score")
    if missing := [role for role in needed if found[role] is None]:
        raise DataError(
            f"{what} have no {' and no '.join(missing)} column under a usual name. Their columns: "
            f"{listed(frame.columns)}. Name them user, item and "
            f"{'rank or score' if what == 'lists' else 'rating'}."
        )
    roles = ("user", "item", "rank", "score") if what == "lists" else needed
    table = pd.DataFrame(index=pd.RangeIndex(len(frame)))
    for role in roles:
        name = found[role]
        if name is None:
            continue
        read_as = names if role in ("user", "item") else numbers
        table[role] = read_as(frame[name].reset_index(drop=True), name)
        if table[role].isna().any():
            row = int(np.argmax(table[role].isna()))
            raise DataError(
                f"{what}: {table[role].isna().sum():,} rows have no {role}, the first is data "
                f"row {row + 1}."
            )
    return table
