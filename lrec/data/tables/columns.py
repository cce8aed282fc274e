"""Columns of tables: found by usual names, read as ids, numbers and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.base.errors import DataError, listed, shown

if TYPE_CHECKING:
    import pandas as pd

TimeUnit = Literal["s", "ms", "us", "ns"]
PER_SECOND: dict[TimeUnit, int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# Seconds from 1970 to the year 5138: numbers beyond it are of another unit.
LATEST = 1e11
# Words for an empty cell of numbers or times, in lower case.
NOTHING = ("nan", "null", "none", "na")
# Usual names of columns, in lower case.
USERS = ("user_id", "userid", "user", "uid", "visitor_id", "visitorid")
ITEMS = ("item_id", "itemid", "item", "movie_id", "movieid", "iid", "asin", "product_id")
RATINGS = ("rating", "score", "stars")
TIMES = ("timestamp", "time", "unixreviewtime", "date", "datetime")
BEHAVIORS = ("behavior", "behaviour", "behavior_type", "event", "event_type", "action")


def find_column(frame: pd.DataFrame, wanted: str, usual: tuple[str, ...], key: str) -> str | None:
    """The column that the config names, or with `auto` the one that has a usual name.

    Args:
        wanted: name of a column, or `auto`.
        usual: names in lower case, the best first.
        key: of the config, for the message.

    Returns:
        Its name, or None where no column has a usual one.

    Raises:
        DataError: the named column is not there, or there are two of the name.
    """
    columns = list(frame.columns)
    matches = [column for column in columns if column == wanted]
    if wanted == "auto":
        plain = [column.lower().strip() for column in columns]
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
    """A column as text; empty cells are NaN. Parquet may bring numbers: whole ones stay whole.

    Raises:
        DataError: the cells are neither text nor numbers.
    """
    import pandas as pd

    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in ("bytes", "mixed"):
        raise DataError(f"column {name} holds {kind} values, and text or numbers are needed.")
    if kind == "floating":
        given = column.dropna().astype(float)
        if ((given % 1 == 0) & (given.abs() < 2**53)).all():
            column = column.astype("Int64")
    text = column.astype("str")
    return text.where(column.notna() & (text != ""))


def numbers(column: pd.Series, name: str) -> pd.Series:
    """A column as float64; empty cells are NaN.

    Raises:
        DataError: a cell is no number, or none that float32 can hold.
    """
    parsed = _parsed(column)
    parsed = parsed.where(parsed.abs() <= np.finfo(np.float32).max)
    _refuse_unread(column, _unread(column, parsed), name, "a number")
    return parsed


def seconds(column: pd.Series, name: str, unit: TimeUnit = "s") -> pd.Series:
    """A column of numbers or dates as unix seconds, float64; empty cells are NaN.

    Args:
        unit: of numbers.

    Raises:
        DataError: a value is no time, or a number is so large that it must be of another unit.
    """
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return _since_1970(pd.to_datetime(column, utc=True))
    parsed = _parsed(column) / PER_SECOND[unit]
    late = parsed.abs() > LATEST
    text = _unread(column, parsed)
    if text.any() and column.dtype.kind == "O":
        dates = pd.to_datetime(column[text], errors="coerce", utc=True, format="ISO8601")
        parsed.loc[text] = _since_1970(dates)
    unread = _unread(column, parsed)
    _refuse_unread(column, unread, name, "a time (unix seconds or an ISO date)")
    kind = f"times in {unit}, for they lie beyond the year 5138 (choose dataset.time_unit=ms|us|ns)"
    _refuse_unread(column, late, name, kind)
    return parsed


def _since_1970(dates: pd.Series) -> pd.Series:
    """Seconds as float64; NaN for none. Nanoseconds would end in the year 2262."""
    import pandas as pd

    epoch = pd.Timestamp(0, tz="UTC").as_unit("us")
    seconds: pd.Series = (dates.dt.as_unit("us") - epoch) / pd.Timedelta(seconds=1)
    return seconds


def _parsed(column: pd.Series) -> pd.Series:
    """A column as float64; NaN where it is empty or no finite number."""
    import pandas as pd

    if column.dtype.kind in "mM":  # to_numeric takes dates and durations for numbers
        return pd.Series(np.nan, column.index)
    parsed = pd.to_numeric(column, errors="coerce").astype(np.float64)
    return parsed.where(parsed.abs() < np.inf)


def _unread(column: pd.Series, parsed: pd.Series) -> pd.Series:
    """True where a cell has content that was not parsed, and that is no word for an empty one."""
    unread = parsed.isna() & column.notna()
    words = column[unread].map(lambda cell: str(cell).lower())
    return unread & ~words.isin(NOTHING).reindex(column.index, fill_value=False)


def _refuse_unread(column: pd.Series, unread: pd.Series, name: str, kind: str) -> None:
    if unread.any():
        row = int(np.argmax(unread))
        raise DataError(
            f"{unread.sum()} values in column {name} are not {kind}, "
            f"the first in data row {row + 1}. Received: {shown(column.tolist()[row])}"
        )
