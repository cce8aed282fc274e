"""Reading tables that people have: CSV, TSV, Parquet, compressed or not."""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.data import DataError, ItemFeatures, Strings
from lrec.errors import listed, shown

if TYPE_CHECKING:
    import pandas as pd

Source = Path | zipfile.Path  # a file, or a member of an archive
TimeUnit = Literal["s", "ms", "us", "ns"]
PER_SECOND: dict[TimeUnit, int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# Seconds from 1970 to the year 5138: numbers beyond it are of another unit.
LATEST = 1e11

# What people write into an empty cell of numbers or times, in lower case.
NOTHING = ("nan", "null", "none", "na")
# Usual names of columns, in lower case.
USERS = ("user_id", "userid", "user", "uid", "visitor_id", "visitorid")
ITEMS = ("item_id", "itemid", "item", "movie_id", "movieid", "iid", "asin", "product_id")
RATINGS = ("rating", "score", "stars")
TIMES = ("timestamp", "time", "unixreviewtime", "date", "datetime")
BEHAVIORS = ("behavior", "behaviour", "behavior_type", "event", "event_type", "action")


def read_table(
    path: Source, separator: str | None = None, header: bool = True, quoted: bool = True
) -> pd.DataFrame:
    """Every column as text (Parquet keeps its types).

    Args:
        separator: of a text file; None means a tab for .tsv and a comma else.
        header: whether the first line names the columns; else they are called 0, 1, 2, …
        quoted: whether quotes may enclose a value; else they belong to it.

    Raises:
        DataError: the file is empty or is not such a table.
    """
    import pandas as pd

    try:
        if isinstance(path, Path) and path.suffix == ".parquet":
            # nullable: whole numbers stay whole where some are missing
            frame: pd.DataFrame = pd.read_parquet(path, dtype_backend="numpy_nullable")
            frame.columns = [str(c) for c in frame.columns]
            return frame
        if separator is None:
            separator = "\t" if ".tsv" in path.suffixes else ","
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            try:
                frame = _read_text(path, separator, header, quoted, "utf-8")
            except UnicodeDecodeError:
                frame = _read_text(path, separator, header, quoted, "latin-1")
    except pd.errors.EmptyDataError:
        raise DataError(f"{path} is empty.") from None
    except Exception as error:
        reason = listed(str(error).splitlines()[:1]) or type(error).__name__
        raise DataError(f"{path} could not be read as a table: {reason}") from None
    if frame.empty:
        raise DataError(f"{path} has no rows.")
    frame.columns = [str(c) for c in (frame.columns if header else range(frame.shape[1]))]
    return frame


def _read_text(
    path: Source, separator: str, header: bool, quoted: bool, encoding: str
) -> pd.DataFrame:
    import pandas as pd

    def read(sep: str, engine: Literal["c", "python"]) -> pd.DataFrame:
        with nullcontext(path) if isinstance(path, Path) else path.open("rb") as content:
            return pd.read_csv(
                content,
                sep=sep,
                engine=engine,
                header=0 if header else None,
                index_col=False,
                dtype=str,
                na_values=[""],
                keep_default_na=False,
                skipinitialspace=True,
                quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
                encoding=encoding,
            )

    if len(separator) == 1:
        return read(separator, "c")
    # Separators of several letters need pandas's slow engine, unless reading by one letter, with
    # empty columns between, does: it does not where a title holds that letter.
    try:
        frame = read(separator[0], "c")
        between = np.arange(frame.shape[1]) % len(separator) != 0
        if bool(frame.loc[:, between].isna().all(axis=None)):
            kept: pd.DataFrame = frame.loc[:, ~between]
            return kept
    except pd.errors.ParserError:
        pass
    return read(re.escape(separator), "python")


def find_column(frame: pd.DataFrame, wanted: str, usual: tuple[str, ...], key: str) -> str | None:
    """The column that the config names, or with `auto` the one that has a usual name.

    Raises:
        DataError: the named column is not there, or there are two of the name.
    """
    columns = list(frame.columns)
    found = [column for column in columns if column == wanted]
    if wanted == "auto":
        plain = [column.lower().strip() for column in columns]
        name = next((name for name in usual if name in plain), None)
        found = [column for column, same in zip(columns, plain, strict=True) if same == name]
    elif not found:
        raise DataError(
            f"{key}={wanted}: the file has no such column. Its columns: {listed(columns)}."
        )
    if found and f"{found[0]}.1" in columns:  # what pandas calls a second one
        found.append(found[0])
    if len(found) > 1:
        raise DataError(
            f"the file has several columns for {key}: {listed(found)}. Leave one, or name one."
        )
    return found[0] if found else None


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
    """A column as floats; empty cells are NaN, anything else that is no number is refused."""
    parsed = _parsed(column)
    parsed = parsed.where(parsed.abs() <= np.finfo(np.float32).max)
    _refuse_unread(column, _unread(column, parsed), name, "a number")
    return parsed


def seconds(column: pd.Series, name: str, unit: TimeUnit = "s") -> pd.Series:
    """A column of numbers or dates as unix seconds; empty cells are NaN, other text is refused.

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
    """Whether a cell holds something that was not parsed, and that is no word for nothing."""
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


def item_features(
    ids: pd.Series, titles: pd.Series | None, genres: pd.Series | None, item_ids: Strings
) -> ItemFeatures:
    """Rows of an items file laid out along `item_ids`; items without a row have no title or genre.

    Args:
        genres: names joined by `|`.
    """
    import pandas as pd

    rows = pd.Series(np.arange(len(ids)), index=ids.astype(str))
    rows = rows[~rows.index.duplicated()].reindex(item_ids)
    found = rows.notna().to_numpy()
    taken = rows[found].astype(int).to_numpy()
    title_array = genre_array = None
    names: tuple[str, ...] = ()
    if titles is not None:
        title_array = np.full(len(item_ids), "", dtype=object)
        title_array[found] = titles.fillna("").to_numpy()[taken]
        title_array = title_array.astype(np.str_)
    if genres is not None:
        flags = genres.fillna("").iloc[taken].str.get_dummies("|")
        flags = flags.drop(columns=[c for c in flags if not c or str(c).startswith("(no ")])
        names = tuple(flags.columns)
        genre_array = np.zeros((len(item_ids), len(names)), np.float32)
        genre_array[found] = flags.to_numpy(np.float32)
    return ItemFeatures(title_array, genre_array, names)
