"""Storages: files and databases that are away for a while, full, broken off, or not there."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import optuna
import pytest
from helpers.studies import finish, study_of
from optuna.storages import InMemoryStorage, RDBStorage
from sqlalchemy.exc import OperationalError

from lrec.commands.tune import storage
from lrec.commands.tune.storage import (
    StorageAwayError,
    is_remote,
    open_storage,
    patiently,
    short,
    with_driver,
)

LOGIN = "postgresql://me:secret@127.0.0.1:9/studies"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "PAUSE", 0.01)


def test_a_study_goes_on_in_a_database_of_sqlite(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/studies.db"
    for done in (0, 1):
        study = study_of(open_storage(address))
        assert len(study.finished()) == done
        trial = study.ask()
        assert trial is not None
        finish(trial)


def test_a_database_is_opened_with_the_driver_that_is_installed() -> None:
    assert with_driver(LOGIN) == "postgresql+psycopg2://me:secret@127.0.0.1:9/studies"
    assert with_driver("postgresql+psycopg://host/name") == "postgresql+psycopg://host/name"
    assert with_driver("sqlite:///a://b.db") == "sqlite:///a://b.db"


def test_a_storage_that_is_away_is_asked_again_and_one_line_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: list[Any] = [OSError(errno.EACCES, "no"), OSError(errno.EACCES, "no"), "answer"]

    def call() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    assert patiently(call) == "answer"
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "lrec: the storage of studies does not answer, and is asked again for 600 seconds: no"
    )


def test_a_journal_that_is_gone_for_a_while_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    study = study_of(open_storage(str(path)))
    away = path.rename(tmp_path / "away")

    def call() -> Any:
        try:
            return study.study.get_trials()
        except OSError:
            away.rename(path)
            raise

    assert len(patiently(call)) == 1


def test_a_storage_that_does_not_come_back_ends_the_command() -> None:
    def call() -> None:
        raise OperationalError("SELECT 1", {}, RuntimeError(f"no route to {LOGIN}"))

    with pytest.raises(StorageAwayError, match="has not answered for 0 seconds: no route") as error:
        patiently(call, 0.0)
    assert "secret" not in str(error.value)
    assert "SELECT" not in str(error.value)


def test_half_a_line_of_a_killed_process_is_no_part_of_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    study = study_of(open_storage(str(path)))
    with path.open("ab") as file:
        file.write(b'{"op_code":4,"wor')
    again = study_of(open_storage(str(path)))
    for one in (study, again):
        trial = one.ask()
        assert trial is not None
        finish(trial)
    assert len(study_of(open_storage(str(path))).finished()) == 2
    assert [left.name for left in tmp_path.iterdir()] == ["journal"]


def test_lines_of_several_processes_are_all_there(tmp_path: Path) -> None:
    path, code = (
        tmp_path / "journal",
        (
            "import sys; from pathlib import Path\n"
            "from lrec.commands.tune.trials.journal_file import JournalFile\n"
            "journal = JournalFile(Path(sys.argv[1]))\n"
            "for number in range(100): journal.append_logs([{sys.argv[2]: number}])"
        ),
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(path), name]) for name in ("a", "b", "c")
    ]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for name in ("a", "b", "c"):
        assert [row[name] for row in rows if name in row] == list(range(100))


def test_a_full_disk_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal"
    study = study_of(open_storage(str(path)))
    before, full = path.read_bytes(), [True]
    sync = os.fsync

    def fsync(file: int) -> None:
        if full.pop():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(file)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        study.study.set_user_attr("key", "value")
    assert path.read_bytes() == before
    full[:] = [False] * 9
    study.study.set_user_attr("key", "value")
    assert study_of(open_storage(str(path))).attribute("key", "other") == "value"


@pytest.mark.parametrize("address", ["{}/journal", "sqlite:///{}/studies.db"])
def test_ctrl_c_waits_for_a_call_to_a_storage_of_this_machine(address: str, tmp_path: Path) -> None:
    """Else a lock stays held, or the storage lacks what this process has told it."""
    study = study_of(open_storage(address.format(tmp_path)))
    trial = study.ask()
    assert trial is not None
    done = []

    def half_and_half() -> None:
        trial.trial.set_user_attr("one half", 1)
        signal.raise_signal(signal.SIGINT)
        trial.trial.set_user_attr("the other", 1)
        done.append(True)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            study.patiently(half_and_half)
    finally:
        signal.signal(signal.SIGINT, before)
    assert done
    trial.release()
    other = study_of(open_storage(address.format(tmp_path)))
    assert [one.state.name for one in other.trials()] == ["FAIL", "WAITING"]
    assert {"one half", "the other"} < other.trials()[0].user_attrs.keys()


def test_a_storage_on_a_network_may_be_interrupted() -> None:
    class Remote(RDBStorage):
        def __init__(self) -> None:
            self.url = LOGIN

    assert is_remote(Remote())
    assert not is_remote(InMemoryStorage())


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/proc/nowhere/journal", "cannot be opened: No such file or directory"),
        ("nosuch://me:secret@host/studies", "Received: storage=nosuch://***@host/studies"),
    ],
)
def test_a_storage_that_cannot_be_opened_is_one_line_without_a_password(
    address: str, words: str
) -> None:
    with pytest.raises(RuntimeError) as error:
        open_storage(address)
    assert words in str(error.value)
    assert "secret" not in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_the_cause_of_an_error_is_shown() -> None:
    original = OperationalError("INSERT …", {}, RuntimeError("the server is gone"))
    with pytest.raises(optuna.exceptions.StorageInternalError) as error:
        raise optuna.exceptions.StorageInternalError("An exception is raised") from original
    assert short(error.value) == "the server is gone"
