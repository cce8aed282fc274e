"""Parquet files that notice every damage: their footer holds the digest of all else in them."""

from __future__ import annotations

import hashlib
import mmap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

KEY = b"lrec.sha256"  # in the footer
SIZE = 64  # letters of the digest
BLANK = b"0" * SIZE  # stands for the digest while it is taken
ENTRY = KEY + b"\x18" + bytes([SIZE])  # as the footer has it: a string follows, of this length
CHUNK = 1 << 20  # bytes that are hashed at once


def write_parquet(path: Path, table: pd.DataFrame, index: bool = False) -> None:
    """Write a table with its digest."""
    import pyarrow as pa
    from pyarrow import parquet

    arrow = pa.Table.from_pandas(table, preserve_index=index)
    parquet.write_table(
        arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), KEY: BLANK}), path
    )
    with path.open("r+b") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            place = content.rfind(ENTRY) + len(ENTRY)
            digest = _digest(content, place)
        file.seek(place)
        file.write(digest)


def read_parquet(path: Path) -> pd.DataFrame:
    """The table that `write_parquet` wrote, or one without a digest: older ones have none.

    Raises:
        ValueError: the content is not what was written.
    """
    import pandas as pd

    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place = content.rfind(ENTRY) + len(ENTRY)
        sealed = place >= len(ENTRY)
        if sealed and content[place : place + SIZE] != _digest(content, place):
            raise ValueError("the digest in it is of other content")
    return pd.read_parquet(path)


def _digest(content: mmap.mmap, place: int) -> bytes:
    """SHA-256 in hex, as if the digest in the file were blank."""
    digest = hashlib.sha256()
    for start in range(0, place, CHUNK):
        digest.update(content[start : min(start + CHUNK, place)])
    digest.update(BLANK)
    digest.update(content[place + SIZE :])
    return digest.hexdigest().encode()
