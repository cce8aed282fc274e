"""Reading of tables in all forms that can be recognised, every column of text files as text."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from lrec.base.errors import DataError, listed
from lrec.data.tables.columns import TYPES
from lrec.data.tables.opening import Source, encoding_of, legacy_encoding, sample_of
from lrec.data.tables.text.dialect import recognised_separator
from lrec.data.tables.text.first_lines import (
    has_blanks_to_skip,
    named_separator,
    refuse_blocks,
    refuse_other_forms,
)
from lrec.data.tables.text.parsing import TextForm, read_text
from lrec.data.tables.text.plain_text import Kinds
from lrec.data.tables.typed import read_typed, typed_kind

if TYPE_CHECKING:
    import pandas as pd

UNEVEN = (
    "another separator, values that hold it and need quotes, lines above the header, which must "
    "go, a header that names fewer columns than there are, or lines of a user and items: "
    "dataset.layout=lists"
)
START, STRAY = 512, 2  # first bytes, of which more are zero only where they are no text


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
            form = _form(path, sample, separator, header, quoted, encoding or encoding_of(sample))
            try:
                frame = read_text(path, form, rows, kinds)
            except UnicodeDecodeError:
                if not guessed or form.encoding not in ("utf-8", "utf-8-sig"):
                    raise
                form = replace(form, encoding=legacy_encoding(path))
                notes.append(
                    f"{path} is no UTF-8 text, and is read as {form.encoding}: another encoding is "
                    "set by dataset.encoding, such as cp1251"
                )
                frame = read_text(path, form, rows, kinds)
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


def _form(
    path: Source, sample: bytes, separator: str | None, header: bool, quoted: bool, encoding: str
) -> TextForm:
    """The form of a text table, by its first bytes where it is not given.

    Raises:
        DataError: a table does not begin in this way.
    """
    if encoding.startswith("utf-8") and sample[:START].count(0) > STRAY:
        raise DataError(
            "it is binary and of no kind that is known: text, JSON, Parquet, Feather and workbooks "
            "are. Save it as one of these."
        )
    text = sample.decode(encoding, "replace")
    named = named_separator(text)
    if named is not None:
        text = text.partition("\n")[2]
    refuse_blocks(text)
    if header and separator is None:
        refuse_other_forms(text)
    separator = separator or named or recognised_separator(text, path.name)
    return TextForm(
        separator=separator,
        header=header,
        quoted=quoted,
        encoding=encoding,
        above=int(named is not None),
        skips_blanks=has_blanks_to_skip(text, separator),
    )


def _named(path: Source, reason: str) -> str:
    """A reason with the file, unless it names it itself."""
    return reason if str(path) in reason else f"{path} could not be read as a table: {reason}"


def _reason(error: Exception) -> str:
    reason = listed(str(error).splitlines()[:1]) or type(error).__name__
    if "EOF inside string" in reason:
        reason += " (a quote is never closed: dataset.quoted=false if quotes belong to the values)"
    elif "Expected" in reason and "saw" in reason:
        reason += f" ({UNEVEN})"
    elif reason.startswith("Length of header"):
        reason = f"rows have more cells than its first line ({UNEVEN})"
    elif isinstance(error, zipfile.BadZipFile):
        reason += " (damaged, or another format than its name says)"
    return reason
