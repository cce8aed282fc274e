"""Files that nobody ever sees half-written: written beside, then renamed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file beside `path` to write to; it takes the place of `path` unless something fails."""
    beside = path.with_name(f"{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield beside
        beside.replace(path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    with whole(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_arrays(path: Path, arrays: Mapping[str, Any], compressed: bool = False) -> None:
    """Arrays by name as `.npz`, none of them pickled."""
    save = np.savez_compressed if compressed else np.savez
    with whole(path) as beside, beside.open("wb") as file:
        save(file, allow_pickle=False, **arrays)


def write_table(path: Path, table: pd.DataFrame, index: bool = False) -> None:
    """A table as CSV or Parquet, by the name of the file."""
    with whole(path) as beside:
        if path.suffix == ".parquet":
            table.to_parquet(beside, index=index)
        else:
            table.to_csv(beside, index=index)
