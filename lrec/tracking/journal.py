"""What a run has to tell MLflow, kept in the run's own folder until all of it is told."""

from __future__ import annotations

import contextlib
import json
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrec.base.files import write_text

Entry = dict[str, Any]
NAME = "journal.jsonl"


class Journal:
    """Entries in the order they were made; a line of JSON each, so that a killed run keeps them.

    Only one process has a folder's journal: others are refused as long as it lives.

    Args:
        folder: of the run. What a killed run left there is taken up.

    Attributes:
        entries: all of them, also those that could not be written.
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
        self._torn = False  # whether the file lacks entries, or ends within one
        self._lock = FileLock(folder / "journal.lock")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout:
            raise RuntimeError(f"the run in {folder} is still going on.") from None
        self._read()

    def add(self, kind: str, **content: Any) -> None:
        """Keep an entry. Where the disk is full it is kept in memory until there is room."""
        entry = {"kind": kind, "time": int(time.time() * 1000), **content}
        self.entries.append(entry)
        try:
            if self._torn:
                write_text(self.path, _text(self.entries))
            else:
                with self.path.open("a") as file:
                    file.write(_text([entry]))
            self._torn = False
        except OSError as error:
            if not self._torn:
                warnings.warn(f"{self.path} cannot be written ({error})", stacklevel=2)
            self._torn = True

    def place(self, path: Path) -> str:
        """A path as entries hold it: from the run's folder on, which may be moved."""
        inside = path.absolute().is_relative_to(self.folder.absolute())
        return str(
            path.absolute().relative_to(self.folder.absolute()) if inside else path.absolute()
        )

    def found(self, place: str) -> Path:
        """The path that an entry holds.

        Raises:
            RuntimeError: nothing is there any more.
        """
        path = self.folder / place
        if not path.exists():
            raise RuntimeError(f"{path} is gone, and MLflow has not got it.")
        return path

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
            write_text(self.path.with_suffix(".state"), json.dumps(state))

    def close(self, discard: bool = False) -> None:
        """Let others have it. It goes with the run's good end, when all is told."""
        if discard or (self.ended and self.entries[-1]["status"] == "FINISHED" and not self.unsent):
            self.path.unlink(missing_ok=True)
            self.path.with_suffix(".state").unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # while it is held: who waits for it tries again
            Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def _read(self) -> None:
        if self.path.exists():
            self.entries = entries_of(self.folder)
            self._torn = self.path.read_bytes() != _text(self.entries).encode()
        with contextlib.suppress(OSError, ValueError, KeyError):
            state = json.loads(self.path.with_suffix(".state").read_text())
            # what MLflow was told and a full disk did not keep is no entry any more
            self.run_id, self.sent = state["run_id"], min(state["sent"], len(self.entries))


def entries_of(folder: Path) -> list[Entry]:
    """What the journal in a folder holds, whoever writes to it; nothing where there is none."""
    path = folder / NAME
    return list(_whole(path.read_bytes())) if path.exists() else []


def tags_of(entries: list[Entry]) -> dict[str, str]:
    """All tags that entries give a run."""
    found: dict[str, str] = {}
    for entry in entries:
        found |= entry.get("tags", {}) | (entry["values"] if entry["kind"] == "tags" else {})
    return found


def obstacle(entries: list[Entry]) -> str:
    """Why the run of a journal cannot be resumed; empty if it can."""
    tags = tags_of(entries)
    if tags.get("lrec.command") != "train":
        return "it left nothing to go on with: it ended well, or before it began to train"
    if "lrec.updates" in tags:
        return "it is of lrec update, which is not resumed but run again"
    if entries[-1].get("status") == "FINISHED":
        return "it ended well, and lrec sync sends what MLflow has not got"
    return ""


def _whole(content: bytes) -> Iterator[Entry]:
    """The entries up to the first that was not written to its end."""
    for line in content.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            return
        if not isinstance(entry, dict) or "kind" not in entry:
            return
        yield entry


def _text(entries: list[Entry]) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in entries)
