"""Atomic files: written under another name, then renamed, so that no reader meets half of one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary file to write to; it replaces `path` unless an error is raised."""
    partial = path.with_name(f"{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write text, encoded as UTF-8."""
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_table(path: Path, table: pd.DataFrame, index: bool = False) -> None:
    """Write a table as CSV or Parquet, by the suffix of `path`."""
    with whole(path) as partial:
        if path.suffix == ".parquet":
            table.to_parquet(partial, index=index)
        else:
            table.to_csv(partial, index=index)
