"""A journal file of Optuna's that full disks and killed processes do not break."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock
from optuna.storages.journal import JournalFileBackend

LONGEST = 5.0  # seconds that a process waits for another's lines, before it is told to wait


class JournalFile(JournalFileBackend):
    """Lines of JSON under a lock that the system releases when its process is killed.

    Optuna's own leaves half a line where the disk is full, and the next line behind it: the file
    can then never be read again. Its lock is waited for, half a minute, if its process was killed.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self._path = path
        self._mutex = FileLock(f"{path}.lock", timeout=LONGEST)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        with self._locked(), self._path.open("r+b", buffering=0) as file:
            end = _end_of_lines(file)
            try:
                file.truncate(end)
                file.seek(end)
                if file.write(lines.encode()) != len(lines.encode()):
                    raise OSError(f"{self._path} cannot be written: the disk is full")
                os.fsync(file.fileno())
            except OSError:
                file.truncate(end)
                raise

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._mutex:
            try:
                yield
            finally:  # while it is held: a process that waits for it tries again
                Path(self._mutex.lock_file).unlink(missing_ok=True)


def _end_of_lines(file: BinaryIO | Any) -> int:
    """The place behind the last whole line; a killed process may have left half a one."""
    end: int = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - 4096)
        file.seek(start)
        found: int = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
