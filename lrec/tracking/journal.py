"""Journal of a run: all that it logs, kept in its own folder until MLflow has received it."""

from __future__ import annotations

import contextlib
import json
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrec.base.files import remove_leftovers, write_text

Entry = dict[str, Any]
NAME = "journal.jsonl"
CONFIG = "config.yaml"  # of a run that can be resumed


class Journal:
    """Entries in order, a line of JSON each, so that those of a killed run persist.

    Only one process can open a folder's journal at a time.

    Args:
        folder: of the run. Entries that a killed run left there are read.

    Attributes:
        entries: all of them, also those that could not be written.
        run_id: MLflow's id of the run; None before MLflow has received its start.
        sent: number of entries that MLflow has received.

    Raises:
        RuntimeError: another process has it open.
    """

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock, Timeout

        self.folder = folder
        self.path = folder / NAME
        self.entries: list[Entry] = []
        self.sent = 0
        self.run_id: str | None = None
        self._incomplete = False  # the file lacks entries, or ends within one
        self._lock = FileLock(folder / "journal.lock")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout:
            raise RuntimeError(f"the run in {folder} is still going on.") from None
        remove_leftovers(folder, below=True)
        self._read()

    def add(self, kind: str, **content: Any) -> None:
        """Append an entry. While the disk is full, entries stay in memory."""
        entry = {"kind": kind, "time": int(time.time() * 1000), **content}
        self.entries.append(entry)
        try:
            if self._incomplete:
                write_text(self.path, _text(self.entries))
            else:
                with self.path.open("a") as file:
                    file.write(_text([entry]))
            self._incomplete = False
        except OSError as error:
            if not self._incomplete:
                warnings.warn(f"{self.path} cannot be written ({error})", stacklevel=2)
            self._incomplete = True

    def relative(self, path: Path) -> str:
        """A path as entries hold it: relative to the run's folder, which may be moved."""
        inside = path.absolute().is_relative_to(self.folder.absolute())
        return str(
            path.absolute().relative_to(self.folder.absolute()) if inside else path.absolute()
        )

    def resolve(self, relative: str) -> Path:
        """The path that an entry holds.

        Raises:
            RuntimeError: the file no longer exists.
        """
        path = self.folder / relative
        if not path.exists():
            raise RuntimeError(f"{path} is gone, and MLflow has not got it.")
        return path

    @property
    def unsent(self) -> list[Entry]:
        """Entries that MLflow has not received."""
        return self.entries[self.sent :]

    @property
    def ended(self) -> bool:
        """True if the run came to its end, good or bad."""
        return bool(self.entries) and self.entries[-1]["kind"] == "end"

    def mark_sent(self, run_id: str) -> None:
        """Record that MLflow has received one more entry."""
        self.run_id, self.sent = run_id, self.sent + 1
        state = {"run_id": self.run_id, "sent": self.sent}
        with contextlib.suppress(OSError):  # then it is sent twice, which does no harm
            write_text(self.path.with_suffix(".state"), json.dumps(state))

    def forget_sent(self) -> None:
        """Record that MLflow has lost all that it had received: its store was deleted."""
        warnings.warn(
            f"the store of run {self.run_id} was deleted: it is sent again, from its start",
            stacklevel=2,
        )
        self.run_id, self.sent = None, 0

    def close(self, discard: bool = False) -> None:
        """Release the journal; delete it if the run finished and all of it was sent."""
        if discard or (self.ended and self.entries[-1]["status"] == "FINISHED" and not self.unsent):
            self.path.unlink(missing_ok=True)
            self.path.with_suffix(".state").unlink(missing_ok=True)
        with contextlib.suppress(
            OSError
        ):  # while it is held: a process that waits for it tries again
            Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def _read(self) -> None:
        if self.path.exists():
            self.entries = entries_of(self.folder)
            self._incomplete = self.path.read_bytes() != _text(self.entries).encode()
        with contextlib.suppress(OSError, ValueError, KeyError):
            state = json.loads(self.path.with_suffix(".state").read_text())
            # entries that were sent but that a full disk did not keep no longer count
            self.run_id, self.sent = state["run_id"], min(state["sent"], len(self.entries))


def entries_of(folder: Path) -> list[Entry]:
    """Entries of the journal in a folder, even while it is written; empty without a journal."""
    path = folder / NAME
    return list(_complete(path.read_bytes())) if path.exists() else []


def tags_of(entries: list[Entry]) -> dict[str, str]:
    """All tags that entries give a run, the latest of each name."""
    tags: dict[str, str] = {}
    for entry in entries:
        tags |= entry.get("tags", {}) | (entry["values"] if entry["kind"] == "tags" else {})
    return tags


def obstacle(folder: Path, entries: list[Entry]) -> str:
    """Reason for which the run of a folder's journal cannot be resumed; empty if it can."""
    tags = tags_of(entries)
    if tags.get("lrec.command") != "train":
        return "it left nothing to go on with: it ended well, or before it began to train"
    if "lrec.updates" in tags:
        return "it is of lrec update, which is not resumed but run again"
    if entries[-1].get("status") == "FINISHED":
        return "it ended well, and lrec sync sends what MLflow has not got"
    if not (folder / CONFIG).exists():
        return "it ended before it began to train: train it anew"
    return ""


def _complete(content: bytes) -> Iterator[Entry]:
    """The entries before the first that is incomplete."""
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
