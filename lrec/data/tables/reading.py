"""Reading of tables in all forms that can be recognised, every column of text files as text."""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
import zipfile
from itertools import islice
from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.base.errors import DataError, listed
from lrec.data.tables.columns import TYPES
from lrec.data.tables.dialect import recognised_separator
from lrec.data.tables.opening import (
    CP1252,
    LATIN_1,
    Source,
    encoding_of,
    legacy_encoding,
    opened,
    sample_of,
)
from lrec.data.tables.plain_text import Kinds, read_plain
from lrec.data.tables.stray_quotes import refuse_swallowed_rows
from lrec.data.tables.typed import read_typed, typed_kind

if TYPE_CHECKING:
    import pandas as pd


def read_table(
    path: Source,
    separator: str | None = None,
    header: bool = True,
    quoted: bool = True,
    encoding: str | None = None,
    rows: int | None = None,
    kinds: Kinds | None = None,
) -> pd.DataFrame:
    """Read a table, compressed or not: text, every column as text; or what brings its types.

    Args:
        separator: of a text file; None recognises it.
        header: True if the first line names the columns; else they are called 0, 1, 2, …
        quoted: True if quotes may enclose a value; else they belong to it.
        encoding: of a text file; None recognises UTF-8, UTF-16 and Windows-1252.
        rows: the first ones alone, as far as a form can be read in parts; None reads all.
        kinds: of columns of text that may be read as what they hold, see `read_plain`.

    Returns:
        The table; `attrs["notes"]` has a line for what was guessed and may be wrong, and
        `attrs["is_text"]` is false where the file brings its types.

    Raises:
        DataError: the file is empty or is not such a table.
    """
    import pandas as pd

    notes: list[str] = []
    try:
        sample = sample_of(path)
        kind = typed_kind(path, sample) if separator is None and encoding is None else None
        if kind is not None:
            frame = read_typed(path, kind, rows)
        else:
            guessed = encoding is None
            encoding = encoding or encoding_of(sample)
            if separator is None:
                text = sample.decode(encoding, "replace")
                separator = recognised_separator(text, path.name)
            try:
                frame = _read_text(path, separator, header, quoted, encoding, rows, kinds)
            except UnicodeDecodeError:
                if not guessed or encoding not in ("utf-8", "utf-8-sig"):
                    raise
                encoding = legacy_encoding(path)
                notes.append(
                    f"{path} is no UTF-8 text, and is read as {encoding}: another encoding is set "
                    "by dataset.encoding, such as cp1251"
                )
                frame = _read_text(path, separator, header, quoted, encoding, rows, kinds)
    except pd.errors.EmptyDataError:
        raise DataError(f"{path} is empty.") from None
    except DataError as error:
        raise DataError(_named(path, str(error))) from None
    except Exception as error:
        raise DataError(_named(path, _reason(error))) from None
    if frame.empty:
        raise DataError(f"{path} has no rows.")
    frame.columns = [str(c) for c in (frame.columns if header else range(frame.shape[1]))]
    if all(TYPES.search(column) for column in frame.columns):
        frame.columns = [TYPES.sub("", column) for column in frame.columns]
    frame.attrs.update(notes=notes, is_text=kind is None)
    return frame


def _named(path: Source, reason: str) -> str:
    """A reason with the file, unless it names it itself."""
    return reason if str(path) in reason else f"{path} could not be read as a table: {reason}"


def _reason(error: Exception) -> str:
    reason = listed(str(error).splitlines()[:1]) or type(error).__name__
    if "EOF inside string" in reason:
        reason += " (a quote is never closed: dataset.quoted=false if quotes belong to the values)"
    elif "Expected" in reason and "saw" in reason:
        reason += " (another separator, or values that hold it and need quotes)"
    elif isinstance(error, zipfile.BadZipFile):
        reason += " (damaged, or another format than its name says)"
    return reason


def _read_text(
    path: Source,
    separator: str,
    header: bool,
    quoted: bool,
    encoding: str,
    rows: int | None,
    kinds: Kinds | None,
) -> pd.DataFrame:
    """The table; quotes within values are doubled, or, where that fails, escaped by backslashes."""
    import pandas as pd

    if rows is None and header and len(separator) == 1 and encoding in ("utf-8", "utf-8-sig"):
        plain = read_plain(path, separator, kinds)
        if plain is not None:
            return plain
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return _parsed(path, separator, header, quoted, encoding, rows, None)
        except (pd.errors.ParserError, pd.errors.ParserWarning):
            if not (quoted and b'\\"' in sample_of(path)):
                raise
            if not _is_escaped(path, separator, encoding, rows):
                raise
            return _parsed(path, separator, header, quoted, encoding, rows, "\\")


def _is_escaped(path: Source, separator: str, encoding: str, rows: int | None) -> bool:
    """True if every quote that is not escaped begins or ends a value, as pandas does not check."""
    with opened(path) as content:
        reader = csv.reader(
            io.TextIOWrapper(content, encoding, newline=""),
            delimiter=separator[0],
            escapechar="\\",
            skipinitialspace=True,
            strict=True,
        )
        try:
            for _ in islice(reader, rows):
                pass
        except csv.Error:
            return False
    return True


def _parsed(
    path: Source,
    separator: str,
    header: bool,
    quoted: bool,
    encoding: str,
    rows: int | None,
    escape: str | None,
) -> pd.DataFrame:
    import pandas as pd

    def read(sep: str, engine: Literal["c", "python"]) -> pd.DataFrame:
        with opened(path) as content:
            # A mark of UTF-8 stands also before other text, where programs write both.
            if encoding in (CP1252, LATIN_1) and content.read(3) != codecs.BOM_UTF8:
                content.seek(0)
            frame: pd.DataFrame = pd.read_csv(
                content,
                sep=sep,
                engine=engine,
                header=0 if header else None,
                index_col=False,
                dtype=str,
                nrows=rows,
                na_values=[""],
                keep_default_na=False,
                skipinitialspace=True,
                quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
                escapechar=escape,
                doublequote=escape is None,
                encoding=encoding,
            )
        if quoted and not frame.empty:
            refuse_swallowed_rows(frame, sep, path)
        return frame

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
