"""Tables with lists of items: a user's items in one line, or those before each interaction."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lrec.base.errors import DataError, listed
from lrec.data.tables.columns import ITEMS, plain_name
from lrec.data.tables.opening import Source, opened

if TYPE_CHECKING:
    import pandas as pd

Layout = Literal["rows", "lists", "sequences"]
LISTED = "lrec.listed"  # column: True where an item stands in a list, and is not asked for
SUFFIX = "_list"


def read_lists(path: Source, rows: int | None = None) -> pd.DataFrame:
    """Read lines of a user and items, separated by spaces, as LightGCN's files have them.

    Args:
        rows: the first lines alone; None reads all.

    Returns:
        The columns user and item, each a text; `attrs` as `read_table` gives them.

    Raises:
        DataError: it is no text, or no line has an item.
    """
    import pandas as pd

    try:
        with opened(path) as content:
            lines = [line.decode("utf-8-sig").split() for line in islice(content, rows)]
    except UnicodeDecodeError:
        raise DataError(f"{path} is no UTF-8 text, and dataset.layout=lists needs one.") from None
    lines = [line for line in lines if line]
    lengths = np.array([len(line) - 1 for line in lines], int)
    if not lengths.sum():
        raise DataError(f"{path} has no line of a user and items, separated by spaces.")
    commas = sum("," in line[0] for line in lines)
    if commas:
        raise DataError(
            f"{path} has commas in the first word of {commas:,} lines: dataset.layout=lists reads "
            "a user and items, separated by spaces; dataset.layout=rows reads tables."
        )
    first = np.array([line[0] for line in lines], object)
    counted = len(set(first.tolist())) > 1 and first.tolist() == lengths.astype(str).tolist()
    if counted:
        first = np.arange(len(lines)).astype(str).astype(object)
    users = np.repeat(first, lengths)
    items = np.array([item for line in lines for item in line[1:]], object)
    frame = pd.DataFrame({"user": users, "item": items}, dtype="str")
    frame.attrs.update(notes=[], is_text=True)
    if counted:
        frame.attrs["notes"].append(
            f"{path}: each line begins with the number of items behind it, so that its user is the "
            "number of the line, from 0"
        )
    empty = int((lengths == 0).sum())
    if empty:
        frame.attrs["notes"].append(f"{path}: {empty:,} users have no items, and are left out")
    return frame


def list_column(columns: Iterable[str]) -> str | None:
    """The column that holds lists of items, such as item_id_list, by its name; or None."""
    lists = {f"{name}{SUFFIX}" for name in ITEMS}
    return next((name for name in columns if plain_name(name) in lists), None)


def expanded(frame: pd.DataFrame, path: Source) -> pd.DataFrame:
    """A row for each item of a list, and for the item behind it if the row has one.

    Args:
        frame: with a column such as `item_id_list`, of texts with spaces or of lists, and perhaps
            one such as `item_id`.

    Returns:
        The other columns as they are; the item column; and `LISTED`. Rows with shorter lists come
        first: of rows that cut one history at every place, each user's items are in order.

    Raises:
        DataError: no column holds lists.
    """
    import pandas as pd

    name = list_column(frame.columns)
    if name is None:
        raise DataError(
            f"{path} has no column of lists under a usual name, such as item_id_list. Its "
            f"columns: {listed(frame.columns)}. dataset.layout=rows reads a row an interaction."
        )
    item = plain_name(name).removesuffix(SUFFIX)
    target = next((column for column in frame.columns if plain_name(column) == item), None)
    lists = [_items(cell) for cell in frame[name]]
    lengths = np.array([len(items) for items in lists], int)
    order = np.argsort(lengths, kind="stable")
    lengths = lengths[order] + (target is not None)
    rows = np.repeat(order, lengths)
    behind = np.zeros(len(rows), bool)
    items = np.empty(len(rows), object)
    if target is not None:
        behind[np.cumsum(lengths) - 1] = True
        items[behind] = frame[target].to_numpy(object)[order]
    items[~behind] = [one for row in order.tolist() for one in lists[row]]
    others = frame.drop(columns=[name] if target is None else [name, target]).iloc[rows]
    result: pd.DataFrame = others.reset_index(drop=True)
    result[target or item] = pd.Series(items).astype("str")
    # without an item behind it, a list is what the file is about
    result[LISTED] = ~behind & (target is not None)
    result.attrs.update(frame.attrs)
    return result


def _items(cell: Any) -> list[str]:
    """The items of one list."""
    if isinstance(cell, str):
        return cell.split()
    return [] if cell is None or cell is np.nan else [str(item) for item in cell]


def without_listed(table: pd.DataFrame) -> pd.DataFrame:
    """The table without items of lists that stand in it once more, as most do.

    Args:
        table: user and item; `LISTED`, if it comes of lists, which is taken out.
    """
    if LISTED not in table:
        return table
    is_listed = table[LISTED].to_numpy(bool)
    pairs = table[["user", "item"]]
    asked = pairs[~is_listed].drop_duplicates()
    keys = pairs.merge(asked, how="left", indicator=True)["_merge"].to_numpy() == "both"
    drop = is_listed & (keys | _repeated(pairs, is_listed))
    kept: pd.DataFrame = table.loc[~drop].drop(columns=LISTED).reset_index(drop=True)
    kept.attrs.update(table.attrs)
    return kept


def _repeated(pairs: pd.DataFrame, is_listed: Any) -> Any:
    """True where an earlier list has the pair, `(n,)`."""
    repeated = np.zeros(len(pairs), bool)
    repeated[is_listed] = pairs[is_listed].duplicated().to_numpy()
    return repeated
