"""Text tables of any separator and encoding, every column as text."""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.data.tables.opening import CP1252, LATIN_1, Source, opened, sample_of
from lrec.data.tables.text.plain_text import Kinds, read_plain
from lrec.data.tables.text.stray_quotes import refuse_swallowed_rows

if TYPE_CHECKING:
    import pandas as pd

BLANKS = [" " * n for n in range(20)]  # cells of which nothing is left are empty


@dataclass(frozen=True, kw_only=True)
class TextForm:
    """The form of a text table.

    Attributes:
        separator: one character, or one repeated.
        header: True if the first line names the columns.
        quoted: True if quotes may enclose a value; else they belong to it.
        encoding: as Python names it.
        above: lines above the table.
        skips_blanks: True if blanks after a separator belong to it.
    """

    separator: str
    header: bool
    quoted: bool
    encoding: str
    above: int = 0
    skips_blanks: bool = False


def read_text(path: Source, form: TextForm, rows: int | None, kinds: Kinds | None) -> pd.DataFrame:
    """The table; quotes within values are doubled, or, where that fails, escaped by backslashes."""
    import pandas as pd

    is_plain = form.header and len(form.separator) == 1 and not form.above
    if rows is None and is_plain and form.encoding in ("utf-8", "utf-8-sig"):
        plain = read_plain(path, form.separator, kinds)
        if plain is not None:
            return plain
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return _parsed(path, form, rows, None)
        except (pd.errors.ParserError, pd.errors.ParserWarning):
            if not (form.quoted and b'\\"' in sample_of(path)):
                raise
            if not _is_escaped(path, form, rows):
                raise
            return _parsed(path, form, rows, "\\")


def _is_escaped(path: Source, form: TextForm, rows: int | None) -> bool:
    """True if every quote that is not escaped begins or ends a value, as pandas does not check."""
    with opened(path) as content:
        reader = csv.reader(
            io.TextIOWrapper(content, form.encoding, newline=""),
            delimiter=form.separator[0],
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


def _parsed(path: Source, form: TextForm, rows: int | None, escape: str | None) -> pd.DataFrame:
    import pandas as pd

    def read(sep: str, engine: Literal["c", "python"]) -> pd.DataFrame:
        with opened(path) as content:
            # A mark of UTF-8 stands also before other text, where programs write both.
            if form.encoding in (CP1252, LATIN_1) and content.read(3) != codecs.BOM_UTF8:
                content.seek(0)
            frame: pd.DataFrame = pd.read_csv(
                content,
                sep=sep,
                engine=engine,
                header=0 if form.header else None,
                skiprows=form.above,
                index_col=False,
                dtype=str,
                nrows=rows,
                na_values=BLANKS,
                keep_default_na=False,
                skipinitialspace=form.skips_blanks,
                quoting=csv.QUOTE_MINIMAL if form.quoted else csv.QUOTE_NONE,
                escapechar=escape,
                doublequote=escape is None,
                encoding=form.encoding,
            )
        if form.header:
            frame.columns = frame.columns.str.lstrip(" ")
        if form.quoted and not frame.empty:
            refuse_swallowed_rows(frame, sep, path)
        return frame

    separator = form.separator
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
