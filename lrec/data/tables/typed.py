"""Tables that bring types: Parquet, Feather, workbooks, JSON."""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Callable
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from lrec.base.errors import DataError
from lrec.data.tables.opening import Source, opened

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".xls": "workbook",
    ".ods": "workbook",
    ".jsonl": "JSON",
    ".ndjson": "JSON",
    ".json": "JSON",
}
STARTS = {
    b"PAR1": "parquet",
    b"ARROW1": "feather",
    b"FEA1": "feather",
    b"PK\x03\x04": "workbook",
    b"\xd0\xcf\x11\xe0": "workbook",
    b"{": "JSON",
    b"[{": "JSON",
}


def typed_kind(path: Source, sample: bytes) -> str | None:
    """The kind of a table that brings types, by its ending or its first bytes; None for text."""
    endings = (ENDINGS.get(suffix) for suffix in reversed(path.suffixes))
    kind = next((kind for kind in endings if kind is not None), None)
    start = sample.lstrip(b"\xef\xbb\xbf \t\r\n")
    return kind or next((kind for mark, kind in STARTS.items() if start.startswith(mark)), None)


def read_typed(path: Source, kind: str, rows: int | None = None) -> pd.DataFrame:
    """Read such a table, an index with names as columns.

    Args:
        rows: the first ones alone, as far as the kind can be read in parts; None reads all.

    Raises:
        DataError: its lines are no objects.
    """
    with opened(path) as file:
        frame = READERS[kind](file, rows)
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    frame.columns = [str(column) for column in frame.columns]
    return frame


def _parquet(file: IO[bytes], rows: int | None) -> pd.DataFrame:
    from pyarrow import Table, parquet

    # Arrow reads a file that is not compressed on all cores, and not through Python
    source = file.name if isinstance(getattr(file, "raw", None), io.FileIO) else file
    if rows is not None:  # as a file of its own, for pandas to read as it reads the whole
        first = next(parquet.ParquetFile(source).iter_batches(rows), None)
        if first is not None:
            source = io.BytesIO()
            parquet.write_table(Table.from_batches([first]), source)

    return _frame(parquet.read_table(source))


def _frame(table: Any) -> pd.DataFrame:
    """A table of Arrow's; whole numbers stay whole where some are missing."""
    import pandas as pd
    import pyarrow as pa

    widths = (8, 16, 32, 64)
    whole = {getattr(pa, f"int{n}")(): getattr(pd, f"Int{n}Dtype")() for n in widths}
    whole |= {getattr(pa, f"uint{n}")(): getattr(pd, f"UInt{n}Dtype")() for n in widths}
    missing = any(cells.null_count for cells in table.columns if cells.type in whole)
    frame: pd.DataFrame = table.to_pandas(
        types_mapper=whole.get if missing else None, split_blocks=True
    )
    return frame


def _feather(file: IO[bytes], rows: int | None) -> pd.DataFrame:
    from pyarrow import Table, feather, ipc

    if rows is not None and file.read(6) == b"ARROW1":
        reader = ipc.open_file(file)
        if reader.num_record_batches:
            file = io.BytesIO()
            feather.write_feather(Table.from_batches([reader.get_batch(0).slice(0, rows)]), file)
    file.seek(0)

    return _frame(feather.read_table(file))


def _workbook(file: IO[bytes], rows: int | None) -> pd.DataFrame:
    import pandas as pd

    # As text: a workbook keeps all numbers as fractions, and dates come out in ISO's form.
    frame: pd.DataFrame = pd.read_excel(
        file, engine="calamine", dtype=str, na_values=[""], keep_default_na=False, nrows=rows
    )
    return frame


def _json(file: IO[bytes], rows: int | None) -> pd.DataFrame:
    """JSON Lines, an array of objects, or lines of Python's notation, as in Steam's reviews.

    Numbers are as Python reads them: an id of twenty digits loses none, and where a column lacks
    some cells whole numbers stay whole.
    """
    import pandas as pd

    content = b"".join(islice(file, rows)).lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith(b"["):  # an array, of which no part can be read
        records = json.loads(content + file.read())
    else:
        # a literal is data: nothing in it is executed
        is_python = content.startswith((b"{'", b"{u'"))
        parse = ast.literal_eval if is_python else json.loads
        lines = content.decode().split("\n")  # other ends of lines may stand in a text
        records = [parse(line) for line in lines if line.strip()]
    if not all(isinstance(record, dict) for record in records):
        raise DataError("its lines are no JSON objects")
    frame = pd.DataFrame(records, dtype=object)
    for column in frame:
        cells = frame[column]
        if cells.notna().all() or pd.api.types.infer_dtype(cells) != "integer":
            frame[column] = cells.infer_objects()
    return frame


READERS: dict[str, Callable[[IO[bytes], int | None], pd.DataFrame]] = {
    "parquet": _parquet,
    "feather": _feather,
    "workbook": _workbook,
    "JSON": _json,
}
