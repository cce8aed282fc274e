"""Atomic files: written under another name, then renamed, so that no reader meets half of one."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

HOST = os.uname().nodename
PARTIAL = "*.partial*"
OWNER = re.compile(r"\.(?P<process>\d+)@(?P<host>.+)\.partial")


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary file to write to; it replaces `path` unless an error is raised.

    Raises:
        OSError: it cannot be written; the error names `path`.
    """
    remove_leftovers(path.parent)
    partial = path.with_name(f"{path.stem}.{os.getpid()}@{HOST}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        if error.errno is None or error.filename not in (None, str(partial)):
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            for rest in path.parent.glob(f"{glob.escape(partial.name)}*"):  # SQLite's journal too
                rest.unlink(missing_ok=True)


def remove_leftovers(folder: Path, below: bool = False) -> None:
    """Delete the temporary files of processes of this machine that were killed.

    Args:
        below: also those in all folders below.
    """
    found = folder.rglob(PARTIAL) if below else folder.glob(PARTIAL)
    with contextlib.suppress(OSError):
        for path in list(found):
            owner = OWNER.search(path.name)
            if owner and owner["host"] == HOST and not _is_alive(int(owner["process"])):
                path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_values(values: object) -> str:
    """SHA-256 of plain values, in hex; the order of keys does not matter."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


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
