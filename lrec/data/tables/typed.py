"""Tables that bring types: Parquet, Feather, workbooks, JSON."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable
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


def read_typed(path: Source, kind: str) -> pd.DataFrame:
    """Read such a table, an index with names as columns.

    Raises:
        DataError: its lines are no objects.
    """
    with opened(path) as file:
        frame = READERS[kind](file)
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    frame.columns = [str(column) for column in frame.columns]
    return frame


def _parquet(file: IO[bytes]) -> pd.DataFrame:
    import pandas as pd

    # nullable: whole numbers stay whole where some are missing
    return pd.read_parquet(file, dtype_backend="numpy_nullable")


def _feather(file: IO[bytes]) -> pd.DataFrame:
    import pandas as pd

    return pd.read_feather(file, dtype_backend="numpy_nullable")


def _workbook(file: IO[bytes]) -> pd.DataFrame:
    import pandas as pd

    # As text: a workbook keeps all numbers as fractions, and dates come out in ISO's form.
    frame: pd.DataFrame = pd.read_excel(
        file, engine="calamine", dtype=str, na_values=[""], keep_default_na=False
    )
    return frame


def _json(file: IO[bytes]) -> pd.DataFrame:
    """JSON Lines, an array of objects, or lines of Python's notation, as in Steam's reviews."""
    import pandas as pd

    content = file.read().lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith((b"{'", b"{u'")):
        # a literal is data: nothing in it is executed
        rows: list[Any] = [ast.literal_eval(line) for line in content.decode().splitlines() if line]
        return pd.DataFrame(rows)
    is_lines = not content.startswith(b"[")
    frame = pd.read_json(io.BytesIO(content), lines=is_lines, dtype=False)
    if not isinstance(frame, pd.DataFrame):
        raise DataError("its lines are no JSON objects")
    return frame


READERS: dict[str, Callable[[IO[bytes]], pd.DataFrame]] = {
    "parquet": _parquet,
    "feather": _feather,
    "workbook": _workbook,
    "JSON": _json,
}
