"""Columns of tables: found by usual names, read as ids and numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arrays import Ints
from lrec.base.errors import DataError, listed, shown

if TYPE_CHECKING:
    import pandas as pd

# Words for an empty cell of numbers or times, in lower case.
NOTHING = ("nan", "null", "none", "na")
# Usual names of columns as `plain_name` writes them, the best first.
USERS = (
    *("user_id", "userid", "user", "uid", "visitor_id", "visitorid", "visitor", "customer_id"),
    *("customerid", "customer", "reviewer_id", "reviewerid", "client_id", "clientid", "client"),
    *("member_id", "account_id", "username", "user_name"),
)
ITEMS = (
    *("item_id", "itemid", "item", "movie_id", "movieid", "iid", "asin", "product_id", "productid"),
    *("product", "sku", "isbn", "stockcode", "stock_code", "article_id", "articleid", "book_id"),
    *("bookid", "anime_id", "business_id", "artist_id", "artistid", "track_id", "song_id"),
    *("game_id", "app_id", "movie", "film_id", "parent_asin"),
)
RATINGS = ("rating", "score", "stars", "overall", "book_rating", "user_rating")
TIMES = (
    *("timestamp", "time", "unixreviewtime", "date", "datetime", "event_time", "eventtime"),
    *("created_at", "ordered_at", "purchased_at", "unix_timestamp", "ts", "invoicedate"),
    *("invoice_date", "order_date", "purchase_date", "review_date", "order_time", "date_time"),
    *("event_date", "event_timestamp", "transaction_date", "purchase_time", "orderdate"),
)
BEHAVIORS = ("behavior", "behaviour", "behavior_type", "event", "event_type", "action")
KNOWN = frozenset((*USERS, *ITEMS, *RATINGS, *TIMES, *BEHAVIORS))
MANY = 1000  # cells that are looked at for a hint
DECIMAL_COMMA = re.compile(r"^\s*([+-]?\d*),(\d+)\s*$")
# RecBole's types of columns, behind their names: user_id:token
TYPES = re.compile(r":(token|token_seq|float|float_seq)$")


def plain_name(column: str) -> str:
    """The name of a column as usual names are written: User-ID and `user id:token` as user_id."""
    text = TYPES.sub("", column.strip("\ufeff\"' \t").lower())
    return re.sub(r"[\s.-]+", "_", text)


def find_column(frame: pd.DataFrame, wanted: str, usual: tuple[str, ...], key: str) -> str | None:
    """The column that the config names, or with `auto` the one that has a usual name.

    Args:
        wanted: name of a column, or `auto`.
        usual: names as `plain_name` writes them, the best first.
        key: of the config, for the message.

    Returns:
        Its name, or None where no column has a usual one.

    Raises:
        DataError: the named column is not there, or there are two of the name.
    """
    columns = list(frame.columns)
    matches = [column for column in columns if column == wanted]
    if wanted == "auto":
        plain = [plain_name(column) for column in columns]
        name = next((name for name in usual if name in plain), None)
        matches = [column for column, same in zip(columns, plain, strict=True) if same == name]
    elif not matches:
        raise DataError(
            f"{key}={wanted}: the file has no such column. Its columns: {listed(columns)}."
        )
    if matches and f"{matches[0]}.1" in columns:  # pandas's name of a second one
        matches.append(matches[0])
    if len(matches) > 1:
        raise DataError(
            f"the file has several columns for {key}: {listed(matches)}. Leave one, or name one."
        )
    return matches[0] if matches else None


def names(column: pd.Series, name: str) -> pd.Series:
    """A column as categories of text; empty cells are NaN.

    Parquet may bring numbers: whole ones stay whole.

    Raises:
        DataError: the cells are neither text nor numbers.
    """
    import pandas as pd

    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "mixed" and isinstance(column.dropna().iloc[0], list | tuple | np.ndarray):
        filled = next((cell for cell in column.dropna() if len(cell)), [""])
        way = "dataset.layout=sequences reads histories in a column such as item_id_list."
        if isinstance(filled[0], dict):
            way = "make a line of each record in them, with its user."
        raise DataError(
            f"column {name} holds lists, and a row for each user and item is needed; {way}"
        )
    if kind in ("bytes", "mixed"):
        raise DataError(f"column {name} holds {kind} values, and text or numbers are needed.")
    if kind == "floating":
        given = column.dropna().astype(float)
        if ((given % 1 == 0) & (given.abs() < 2**53)).all():
            column = column.astype("Int64")
    codes, distinct = _distinct(column)  # text is made of each value once
    text = [None if cell == "" else cell for cell in pd.Series(distinct).astype("str").tolist()]
    # 1 and "1" are one id; sorted, as ids are coded later
    merged, categories = pd.factorize(np.array(text, object), sort=True)
    codes = np.append(merged, -1).astype(np.int32)[codes]  # -1, for none, takes the last
    index = pd.Index(categories, dtype="str")
    coded = pd.Categorical.from_codes(codes, index, ordered=True, validate=False)
    return pd.Series(coded, column.index, copy=False)


def _distinct(column: pd.Series) -> tuple[Ints, Any]:
    """Codes of a column's values, -1 where there is none, and those that occur."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, values = column.cat.codes.to_numpy(), column.cat.categories
        occurs = np.zeros(len(values) + 1, bool)  # the last is for -1
        occurs[codes] = True
        if occurs[:-1].all():
            return codes, values
    return pd.factorize(column)


def numbers(column: pd.Series, name: str, decimal: str | None = None) -> pd.Series:
    """A column as float64; empty cells are NaN.

    Args:
        decimal: sign before the decimals, `,` or else a point; None where no key can set it.

    Raises:
        DataError: a cell is no number, or none that float32 can hold.
    """
    import pandas as pd

    hint = ""
    parsed = parsed_numbers(with_points(column) if decimal == "," else column)
    parsed = parsed.where(parsed.abs() <= np.finfo(np.float32).max)
    if decimal == "," and not pd.api.types.is_numeric_dtype(column):
        # 1.234 may be a thousand
        parsed = parsed.where(~column.map(str).str.contains(".", regex=False))
        hint = " with dataset.decimal=comma, which allows no points"
    unread = unread_cells(column, parsed)
    if decimal != "," and any(DECIMAL_COMMA.match(str(cell)) for cell in column[unread][:MANY]):
        way = "write points" if decimal is None else "dataset.decimal=comma reads them"
        hint = f" (decimal commas: {way})"
    refuse_unread(column, unread, name, f"a number{hint}")
    return parsed


def with_points(column: pd.Series) -> pd.Series:
    """Cells of text with a decimal comma as they are written with a point; others as they are."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) or column.dtype.kind in "mM":
        return column
    return column.map(str).str.replace(DECIMAL_COMMA, r"\1.\2", regex=True).where(column.notna())


def parsed_numbers(column: pd.Series) -> pd.Series:
    """A column as float64; NaN where it is empty or no finite number."""
    import pandas as pd

    if column.dtype.kind in "mM":  # to_numeric takes dates and durations for numbers
        return pd.Series(np.nan, column.index)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        return column.astype(np.float64)
    parsed = _of_plain_text(column)
    if parsed is None:
        parsed = pd.to_numeric(column, errors="coerce").astype(np.float64)
    return parsed.where(parsed.abs() < np.inf)


def _of_plain_text(column: pd.Series) -> pd.Series | None:
    """Numbers of a column of text, if Arrow, which is quicker, finds nothing else in it."""
    import pandas as pd
    import pyarrow as pa

    if not isinstance(column.dtype, pd.StringDtype) or column.dtype.storage != "pyarrow":
        return None
    try:
        cells = pa.array(column).cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    return pd.Series(cells.to_numpy(zero_copy_only=False), column.index)


def unread_cells(column: pd.Series, parsed: pd.Series) -> pd.Series:
    """True where a cell has content that was not parsed, and that is no word for an empty one."""
    unread = parsed.isna() & column.notna()
    if not unread.any():
        return unread
    words = is_word_for_none(column[unread])
    return unread & ~words.reindex(column.index, fill_value=False)


def is_word_for_none(cells: pd.Series) -> pd.Series:
    """True where a cell of numbers or times is a word for an empty one, or blank."""
    return cells.map(lambda cell: str(cell).strip().lower()).isin(("", *NOTHING))


def refuse_unread(column: pd.Series, unread: pd.Series, name: str, kind: str) -> None:
    """Refuse the cells that are marked.

    Args:
        kind: that they should be, for the message.

    Raises:
        DataError: there are such cells.
    """
    if unread.any():
        row = int(np.argmax(unread))
        raise DataError(
            f"{unread.sum()} values in column {name} are not {kind}, "
            f"the first in data row {row + 1}. Received: {shown(column.tolist()[row])}"
        )
