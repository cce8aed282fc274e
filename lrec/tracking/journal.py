"""What a run has to tell MLflow, kept in the run's own folder until all of it is told."""

from __future__ import annotations

import contextlib
import json
import os
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Entry = dict[str, Any]
NAME = "journal.jsonl"


class Journal:
    """Entries in the order they were made; a line of JSON each, so that a killed run keeps them.

    Only one process has a folder's journal: others are refused as long as it lives.

    Args:
        folder: of the run. What a killed run left there is taken up.

    Attributes:
        run_id: MLflow's id of the run, or None as long as MLflow does not know it.
        sent: how many entries MLflow knows.

    Raises:
        RuntimeError: another process writes to it.
    """

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock, Timeout

        self.folder = folder
        self.path = folder / NAME
        self.entries: list[Entry] = []
        self.sent = 0
        self.run_id: str | None = None
        self._lock = FileLock(folder / "journal.lock")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout:
            raise RuntimeError(f"the run in {folder} is still going on.") from None
        self._read()

    def add(self, kind: str, **content: Any) -> None:
        """Keep an entry. Where the disk is full it is kept in memory only, with a warning."""
        entry = {"kind": kind, "time": int(time.time() * 1000), **content}
        self.entries.append(entry)
        try:
            with self.path.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        except OSError as error:
            warnings.warn(f"{self.path} cannot be written ({error})", stacklevel=2)

    @property
    def unsent(self) -> list[Entry]:
        return self.entries[self.sent :]

    @property
    def ended(self) -> bool:
        return bool(self.entries) and self.entries[-1]["kind"] == "end"

    def told(self, run_id: str) -> None:
        """Note that MLflow knows one entry more."""
        self.run_id, self.sent = run_id, self.sent + 1
        state = {"run_id": self.run_id, "sent": self.sent}
        with contextlib.suppress(OSError):  # then it is told once more, which does no harm
            replace_text(self.path.with_suffix(".state"), json.dumps(state))

    def close(self, discard: bool = False) -> None:
        """Let others have it. It goes with the run's good end, when all is told."""
        if discard or (self.ended and self.entries[-1]["status"] == "FINISHED" and not self.unsent):
            self.path.unlink(missing_ok=True)
            self.path.with_suffix(".state").unlink(missing_ok=True)
        self._lock.release()
        with contextlib.suppress(OSError):
            Path(self._lock.lock_file).unlink(missing_ok=True)

    def _read(self) -> None:
        if self.path.exists():
            self.entries = list(_whole(self.path.read_text()))
            replace_text(self.path, "".join(json.dumps(e) + "\n" for e in self.entries))
        with contextlib.suppress(OSError, ValueError, KeyError):
            state = json.loads(self.path.with_suffix(".state").read_text())
            self.run_id, self.sent = state["run_id"], state["sent"]


def _whole(text: str) -> Iterator[Entry]:
    """The entries up to the first that was not written to its end."""
    for line in text.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return


def replace_text(path: Path, text: str) -> None:
    """Write beside, then rename: nobody ever reads half of it."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        beside.write_text(text)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
