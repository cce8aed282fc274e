"""A disk that is full: one line that names the file, and the next command tidies up.

A limit of the process on the size of files stands for it: the system refuses to write on.
"""

from __future__ import annotations

import contextlib
import errno
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from helpers import forked
from helpers.cli import CommandLine, plain

from lrec.base.errors import one_line
from lrec.base.files import named, write_table, write_text
from lrec.cli import main as cli
from lrec.commands.written_folder import replaced
from lrec.reporting import figures
from lrec.tracking import Tracking

HISTORY = [{"epoch": 1.0, "loss": 0.5, "val/ndcg_at_10/all": 0.1}]


@contextlib.contextmanager
def limited(size: int) -> Iterator[None]:
    """No file gets more bytes than that."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["note.txt", "users.parquet", "users.csv", "curves.png"])
def test_any_file_is_named_and_not_left_in_part(name: str, tmp_path: Path) -> None:
    path = tmp_path / name

    def write() -> None:
        if path.suffix == ".txt":
            write_text(path, "long" * 100_000)
        elif path.suffix == ".png":
            figures.curves(HISTORY, "val/ndcg_at_10/all", path)
        else:
            write_table(path, pd.DataFrame({"user": [f"user {n}" for n in range(20_000)]}))

    write()  # without a limit it can be written
    path.unlink()
    with limited(8000), pytest.raises(OSError, match="File too large") as caught:
        write()
    assert one_line(caught.value) == f"File too large: {path}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("{{MergeV2Checkpoints}} variables.index; No space left on device"),
        None,
    ],
    ids=["no name", "TensorFlow's", "its own"],
)
def test_export_names_its_folder(error: Exception | None, tmp_path: Path) -> None:
    folder = tmp_path / "export"

    def export() -> None:
        with replaced(folder) as unfinished:
            if error is not None:
                raise error
            own = str(unfinished / "items.json")
            raise OSError(errno.ENOSPC, "No space left on device", own)

    with pytest.raises(OSError, match="No space left on device") as caught:
        export()
    assert one_line(caught.value) == f"No space left on device: {folder}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [ConnectionRefusedError(errno.ECONNREFUSED, "refused"), OSError(errno.ENOSPC, "full", "b.txt")],
)
def test_an_error_of_something_else_keeps_its_words(error: OSError, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"refused|full") as caught, named(tmp_path / "a.txt"):
        raise error
    assert caught.value is error


def test_new_store_is_named_in_one_short_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    with limited(300_000), pytest.raises(RuntimeError, match="cannot be used") as caught:
        Tracking().reach()
    line = one_line(caught.value)
    assert f"{tmp_path}/mlflow.db cannot be made: " in line
    assert "SQL" not in line
    assert capfd.readouterr().err == ""
    assert list(tmp_path.iterdir()) == []


def test_standard_output_on_a_full_disk(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        monkeypatch.setattr(sys, "argv", ["lrec", "--help"])
        with limited(100):
            assert cli.main() == 1
    assert capfd.readouterr().err == "lrec: File too large: standard output\n"


def starved(
    size: int, words: tuple[str, ...], folder: Path, environment: dict[str, str], said: Path
) -> None:
    """Run a command whose files stay small, in a process of its own."""
    with limited(size):
        forked.command(words, folder, environment, said / "out", said / "err")


@pytest.mark.parametrize("used", [True, False], ids=["store", "file"])
def test_command_on_a_full_disk_and_the_next_one(
    used: bool, lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    """The store cannot be written, or the model, where MLflow cannot be reached."""
    lrec.give_store(tmp_path)
    said = tmp_path / "said"
    said.mkdir()
    words = ("train", "dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    words = (*words, "schedule.epochs=1", f"model={'popularity' if used else 'vae'}")
    away = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    environment = plain() | ({} if used else away)
    process = forked.start(starved, 200_000, words, tmp_path, environment, said)
    process.join(200)
    lines = (said / "err").read_text().splitlines()
    assert (process.exitcode, len(lines)) == (1, 1), lines
    (folder,) = tmp_path.glob("outputs/*/*")
    if used:
        assert f"MLflow's store sqlite:///{tmp_path}/mlflow.db cannot be used: " in lines[0]
    else:
        assert lines == [f"lrec: File too large: {folder}/model/state.npz"]
        assert "checkpoint.npz cannot be written (File too large)" in (said / "out").read_text()
    answer = lrec(tmp_path, *(words if used else ["sync"]))  # nothing had begun without a store
    assert (answer.rc, answer.err) == (0, "")
    assert used or "sent run" in answer.out
    for pattern in ("*.partial*", "*-journal", "*.lock"):
        assert not list(tmp_path.rglob(pattern))
