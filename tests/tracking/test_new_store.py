"""A local store that is there whole or not at all, wherever its making is interrupted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest
import sqlalchemy
from sqlalchemy.engine import Engine

from lrec.base.files import HOST
from lrec.tracking import Tracking, finished, new_store
from lrec.tracking.store import Store

DEAD = 2**22 + 1  # above the largest number that Linux gives a process


@pytest.fixture
def uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    return f"sqlite:///{tmp_path}/mlflow.db"


def interrupted(act: Callable[[], object], statement: int) -> None:
    """Press Ctrl-C at a statement of the database's."""
    count = 0

    def press(*_: object) -> None:
        nonlocal count
        count += 1
        if count == statement:
            raise KeyboardInterrupt

    sqlalchemy.event.listen(Engine, "before_cursor_execute", press)
    try:
        with pytest.raises(KeyboardInterrupt):
            act()
    finally:
        sqlalchemy.event.remove(Engine, "before_cursor_execute", press)


@pytest.mark.parametrize("statement", [1, 40, 150])
def test_first_use_that_is_interrupted_leaves_nothing(
    statement: int, uri: str, tmp_path: Path
) -> None:
    interrupted(Tracking().reach, statement)
    assert list(tmp_path.iterdir()) == []
    if statement == 40:  # as a notebook would, in the same process
        Tracking().reach()
        assert finished("lrec") == []
        assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]


def test_beginning_of_a_store_that_was_killed_is_made_anew(uri: str, tmp_path: Path) -> None:
    """What an lrec that made it in place left: MLflow says that a table already exists."""
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        database.execute("CREATE TABLE experiments (experiment_id INTEGER)")
        database.execute("CREATE TABLE spans (trace_id TEXT)")
    (tmp_path / f"mlflow.{DEAD}@{HOST}.partial.db").write_bytes(b"half")
    Tracking().reach()
    assert mlflow.get_experiment_by_name("lrec") is not None
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]


def test_store_in_use_and_file_that_is_none_stay_as_they_are(uri: str, tmp_path: Path) -> None:
    Tracking().reach()
    before = (tmp_path / "mlflow.db").stat().st_ino
    Tracking().reach()
    assert (tmp_path / "mlflow.db").stat().st_ino == before
    other = tmp_path / "other.db"
    other.write_bytes(b"somebody's notes, which are no database at all")
    mlflow.set_tracking_uri(f"sqlite:///{other}")
    with pytest.raises(RuntimeError, match="cannot be used"):
        Tracking().reach()
    assert other.read_bytes().startswith(b"somebody's notes")


def test_stores_on_servers_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for uri in ("http://127.0.0.1:9", "postgresql://host/runs", "sqlite:///nowhere/mlflow.db"):
        new_store.make(uri)
    assert list(tmp_path.iterdir()) == []
    assert Store().uri


def test_only_a_store_that_can_be_read_lacks_a_run(uri: str, tmp_path: Path) -> None:
    assert not new_store.lacks_run(uri, "0" * 32)  # there is no file
    assert not new_store.lacks_run("http://127.0.0.1:1", "0" * 32)
    with Tracking().run("some", {}, tmp_path / "run") as log:
        assert log.run_id is not None
        assert not new_store.lacks_run(uri, log.run_id)
    assert new_store.lacks_run(uri, "0" * 32)
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        database.execute("ALTER TABLE runs RENAME TO gone")
    assert not new_store.lacks_run(uri, "0" * 32)
