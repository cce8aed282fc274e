"""Reading of tables: CSV, TSV, Parquet, compressed or not."""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.base.errors import DataError, listed

if TYPE_CHECKING:
    import pandas as pd

Source = Path | zipfile.Path  # a file, or a member of an archive


def read_table(
    path: Source, separator: str | None = None, header: bool = True, quoted: bool = True
) -> pd.DataFrame:
    """Read a table, every column as text (Parquet keeps its types).

    Args:
        separator: of a text file; None means a tab for .tsv and a comma else.
        header: True if the first line names the columns; else they are called 0, 1, 2, …
        quoted: True if quotes may enclose a value; else they belong to it.

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
