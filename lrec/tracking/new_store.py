"""A local MLflow store, which is there whole or not at all, and the cause of its errors."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from lrec.base.errors import one_line
from lrec.base.files import whole

SQLITE = "sqlite:///"
FAULT = re.compile(r"\(sqlite3\.\w+\) (?P<reason>.+?)(?: \[SQL: | \(Background on |$)")


def make(uri: str) -> None:
    """Make the file of a local store where there is none yet, or only the beginning of one.

    MLflow makes its tables one by one, in seconds, and cannot go on where it was killed.

    Args:
        uri: of any store; those on servers are left alone.

    Raises:
        RuntimeError: the file cannot be written.
    """
    if not is_unfinished(uri):
        return
    from mlflow.exceptions import MlflowException
    from mlflow.store.tracking import DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from mlflow.tracking._tracking_service.utils import _get_store
    from sqlalchemy.exc import DatabaseError

    with whole(_path(uri)) as partial:
        address = f"{SQLITE}{partial}"
        try:
            SqlAlchemyStore(address, DEFAULT_LOCAL_FILE_AND_ARTIFACT_PATH)
        except (DatabaseError, MlflowException) as error:
            raise RuntimeError(f"{_path(uri)} cannot be made: {fault(error)}") from error
        finally:  # MLflow would use its connections again, to a file that is no longer there
            engine = SqlAlchemyStore._engine_map.pop(address, None)
            if engine is not None:
                engine.dispose()
    _get_store(uri).engine.dispose()  # connections to a file of that name that was deleted


def fault(error: Exception) -> str:
    """The cause of a store's error in one line; of a database's without the statement."""
    text = one_line(error)
    reason = FAULT.search(text)
    return reason["reason"] if reason else text


def is_unfinished(uri: str) -> bool:
    """True for a local store without a file, or without the experiment that MLflow makes last."""
    path = _path(uri)
    if not uri.startswith(SQLITE) or not path.parent.is_dir():
        return False
    if not path.exists():
        return True
    try:
        return not _has(path, "SELECT 1 FROM experiments")
    except sqlite3.Error as error:
        return "no such table" in str(error)


def lacks_run(uri: str, run_id: str) -> bool:
    """True for a local store that can be read and has no such run.

    MLflow would read all that the run has logged, and this is asked before every entry.
    """
    if not uri.startswith(SQLITE):
        return False
    try:
        return not _has(_path(uri), "SELECT 1 FROM runs WHERE run_uuid = ?", run_id)
    except sqlite3.Error:
        return False


def _has(path: Path, question: str, *values: str) -> bool:
    """True if a database, which is only read, has a row."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        return database.execute(question, values).fetchone() is not None


def is_missing(uri: str) -> bool:
    """True for a local store, a file or a folder, that is not there: reading would make it."""
    scheme, separator, rest = uri.partition("://")
    if uri.startswith(SQLITE):
        return not _path(uri).exists()
    local = not separator or scheme == "file"
    return local and not Path(rest if separator else uri.removeprefix("file:")).exists()


def _path(uri: str) -> Path:
    return Path(uri.removeprefix(SQLITE))
