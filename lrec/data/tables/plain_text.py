"""Text tables without a quote or a blank before a cell, which Arrow reads on all cores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrec.data.tables.opening import Source, opened

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 1 << 24  # bytes that a core parses at once


def read_plain(path: Source, separator: str) -> pd.DataFrame | None:
    """The table as pandas's own parser reads it, every column as text.

    Args:
        path: UTF-8, the first line with the names of the columns.
        separator: one character.

    Returns:
        None where the two could differ: quotes, blanks to skip, rows of several lengths, names
        that occur twice, or bytes that are no UTF-8.
    """
    import pyarrow as pa
    from pyarrow import compute, csv

    with opened(path) as file:
        content = file.read()
    if b'"' in content or content.count(b"\r") > content.count(b"\r\n"):
        return None
    first = content[: content.find(b"\n")] if b"\n" in content else content
    try:
        names = first.removeprefix(b"\xef\xbb\xbf").decode().strip("\r")
        columns = names.split(separator)
        if len(set(columns)) < len(columns) or any(not name.strip() for name in columns):
            return None
        table = csv.read_csv(
            pa.BufferReader(content),
            csv.ReadOptions(block_size=BLOCK),
            csv.ParseOptions(delimiter=separator, quote_char=False, newlines_in_values=False),
            csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.large_string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    if table.column_names != columns or any(name.startswith(" ") for name in columns):
        return None
    if any(compute.any(compute.starts_with(cells, " ")).as_py() for cells in table.columns):
        return None
    frame: pd.DataFrame = table.to_pandas()
    return frame
