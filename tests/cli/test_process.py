"""Process-wide switches of a command, and back."""

from __future__ import annotations

import logging

import pytest

from lrec.cli.process import command_process


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
