"""Text tables without a quote or a blank before a cell, which Arrow reads on all cores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from lrec.data.tables.columns import TYPES
from lrec.data.tables.opening import Source, opened

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

BLOCK = 1 << 24  # bytes that a core parses at once
# Of the names of all columns, the kinds of those that need not be kept as text.
Kinds = Callable[[list[str]], Mapping[str, Literal["id", "number"]]]


def read_plain(path: Source, separator: str, kinds: Kinds | None = None) -> pd.DataFrame | None:
    """The table as pandas's own parser reads it, every column as text.

    Args:
        path: UTF-8, the first line with the names of the columns.
        separator: one character.
        kinds: of columns that may be read as what they are made of: ids as categories, and numbers
            as float64 where all of a column's cells are numbers or empty.

    Returns:
        None where the two could differ: quotes, blanks to skip, rows of several lengths, names
        that occur twice, or bytes that are no UTF-8.
    """
    import pyarrow as pa

    with opened(path) as file:
        raw = getattr(file, "raw", file)  # a buffer would copy all of it once more
        raw.seek(0)
        content: bytes = raw.read()
    if b'"' in content:
        return None
    if b"\r" in content and content.count(b"\r") > content.count(b"\r\n"):
        return None
    first = content[: content.find(b"\n")] if b"\n" in content else content
    try:
        names = first.removeprefix(b"\xef\xbb\xbf").decode().strip("\r")
        columns = names.split(separator)
        if len(set(columns)) < len(columns) or any(not name.strip() for name in columns):
            return None
        plain = [TYPES.sub("", name) for name in columns]
        known = {} if kinds is None else kinds(plain)
        chosen = {c: known[p] for c, p in zip(columns, plain, strict=True) if p in known}
        table = _parsed(content, separator, columns, chosen)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    if table.column_names != columns or any(name.startswith(" ") for name in columns):
        return None
    if any(_has_leading_blank(cells) for cells in table.columns):
        return None
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _parsed(
    content: bytes, separator: str, columns: list[str], kinds: Mapping[str, str]
) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv

    types = {"id": pa.dictionary(pa.int32(), pa.string()), "number": pa.float64()}
    try:
        return csv.read_csv(
            pa.BufferReader(content),
            csv.ReadOptions(block_size=BLOCK),
            csv.ParseOptions(delimiter=separator, quote_char=False, newlines_in_values=False),
            csv.ConvertOptions(
                column_types={c: types.get(kinds.get(c, ""), pa.large_string()) for c in columns},
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid:
        if "number" not in kinds.values():
            raise
        ids = {column: kind for column, kind in kinds.items() if kind == "id"}
        return _parsed(content, separator, columns, ids)


def _has_leading_blank(cells: pa.ChunkedArray) -> bool:
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_floating(cells.type):  # its blanks mean nothing
        return False
    chunks = cells.chunks
    if pa.types.is_dictionary(cells.type):
        chunks = [chunk.dictionary for chunk in chunks]
    return any(compute.any(compute.starts_with(chunk, " ")).as_py() for chunk in chunks)
