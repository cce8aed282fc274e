"""Process-wide switches of a command, and back; what a terminal of another encoding gets."""

from __future__ import annotations

import io
import logging
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
