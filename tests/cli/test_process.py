"""Process-wide switches of a command, and back; what a terminal of another encoding gets."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys

import pytest

from lrec.cli.process import command_process

SIGNS = "−0.5 – é ━ … 2 × 3 λ"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("ascii", "-0.5 - ? = . 2 x 3 ?"),
        ("latin-1", "-0.5 - é = . 2 × 3 ?"),
        ("utf-8", SIGNS),
    ],
)
def test_signs_that_the_terminal_lacks_are_plain(
    encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    screens = [io.BytesIO(), io.BytesIO()]
    for name, screen in zip(("stdout", "stderr"), screens, strict=True):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(screen, encoding=encoding))
    with command_process():
        for stream in (sys.stdout, sys.stderr):
            print(SIGNS, file=stream, flush=True)
    assert [screen.getvalue().decode(encoding) for screen in screens] == [f"{shown}\n"] * 2


class Full(logging.Handler):
    """A log file on a full disk."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            raise OSError(28, "No space left on device")
        except OSError:
            self.handleError(record)


def test_log_file_on_a_full_disk_prints_no_traceback(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LREC_DEBUG", raising=False)
    handler, record = Full(), logging.makeLogRecord({"msg": "epoch 3"})
    with command_process():
        handler.emit(record)
        assert capfd.readouterr().err == ""
    handler.emit(record)
    assert "Traceback" in capfd.readouterr().err


def test_log_lines_of_libraries_steer_no_terminal() -> None:
    record = logging.getLogRecordFactory()
    assert record is logging.LogRecord
    with command_process():
        made = logging.getLogRecordFactory()("hydra", 20, "", 1, "\t#%d : a\x1b[2J\nb", (0,), None)
    assert made.getMessage() == "    #0 : a\\x1b[2J\nb"
    assert logging.getLogRecordFactory() is record


def test_blas_learns_how_long_its_threads_wait_before_numpy_loads_it() -> None:
    """It reads the variable when it is loaded, and its threads wait in a loop."""
    program = (
        "import os, sys, lrec.cli.main\n"
        "from lrec.cli.process import command_process\n"
        "with command_process():\n"
        "    print(os.environ['OPENBLAS_THREAD_TIMEOUT'], 'numpy' in sys.modules)\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_THREAD_TIMEOUT"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["16", "False"]
