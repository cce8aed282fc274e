"""Atomic files: written under another name, then renamed, so that no reader meets half of one."""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lrec.base.table_files import write_parquet

if TYPE_CHECKING:
    import pandas as pd

HOST = os.uname().nodename
PARTIAL, REPLACED = ".partial", ".replaced"  # what is written, and what it takes the place of
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
OWNER = re.compile(rf"\.(?P<process>\d+)@(?P<host>.+)({PARTIAL}|{REPLACED})")


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary file to write to; it replaces `path` unless an error is raised.

    Raises:
        OSError: it cannot be written; the error names `path`.
    """
    remove_leftovers(path.parent)
    partial = temporary(path)
    try:
        with named(path, partial):
            yield partial
            partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            for rest in path.parent.glob(f"{glob.escape(partial.name)}*"):  # SQLite's journal too
                rest.unlink(missing_ok=True)


@contextlib.contextmanager
def named(path: Path, partial: Path | None = None) -> Iterator[None]:
    """Let errors of a full disk that name no file name the one that is written here.

    Args:
        partial: a name of the file, or of a folder with it, for the time being.
    """
    try:
        yield
    except OSError as error:
        nameless = error.filename is None and error.errno in FULL
        own = partial is not None and str(error.filename).startswith(str(partial))
        if error.errno is None or not (nameless or own):
            raise
        raise OSError(error.errno, os.strerror(error.errno), str(path)) from error


def temporary(path: Path, kind: str = PARTIAL) -> Path:
    """A file's or folder's name for as long as this process writes it."""
    return path.with_name(f"{path.stem}.{os.getpid()}@{HOST}{kind}{path.suffix}")


def remove_leftovers(folder: Path, below: bool = False) -> None:
    """Delete the temporary files and folders of processes of this machine that were killed.

    Args:
        below: also those in all folders below.
    """
    for path in left_behind(folder, PARTIAL, below):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def left_behind(folder: Path, kind: str = PARTIAL, below: bool = False) -> list[Path]:
    """The `temporary` files and folders that killed processes of this machine left."""
    pattern = f"*{kind}*"
    try:
        found = list(folder.rglob(pattern) if below else folder.glob(pattern))
    except OSError:
        return []
    owners = [(path, OWNER.search(path.name)) for path in found]
    return [
        path
        for path, owner in owners
        if owner and owner["host"] == HOST and not _is_alive(int(owner["process"]))
    ]


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
            write_parquet(partial, table, index)
        else:
            table.to_csv(partial, index=index)
