"""Journal of a run: all that it logs, kept in its own folder until MLflow has received it.

A line holds an entry and its digest, so that a damaged one is not taken for what was logged.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
import warnings
from pathlib import Path
from typing import Any

from lrec.base.files import remove_leftovers, write_text
from lrec.base.uninterrupted import uninterrupted

Entry = dict[str, Any]
NAME = "journal.jsonl"
CONFIG = "config.yaml"  # of a run that can be resumed
DIGEST, CONTENT = "sha256", "entry"  # keys of a line
KILLED = "killed"  # kind of the entry that others add; the run may go on behind it
LOOK = 2.0  # seconds: a run has its journal open for as long as it runs, `lrec.tracking.sync` less


class Journal:
    """Entries in order, a line of JSON each, so that those of a killed run persist.

    Only one process can open a folder's journal at a time.

    Args:
        folder: of the run. Entries that a killed run left there are read.
        wait: seconds to wait for another process that only looks at it.

    Attributes:
        entries: all of them, also those that could not be written.
        run_id: MLflow's id of the run; None before MLflow has received its start.
        sent: number of entries that MLflow has received.

    Raises:
        RuntimeError: another process has it open.
    """

    def __init__(self, folder: Path, wait: float = LOOK) -> None:
        from filelock import FileLock, Timeout

        self.folder = folder
        self.path = folder / NAME
        self.entries: list[Entry] = []
        self.sent = 0
        self.run_id: str | None = None
        self._store: str | None = None
        self._incomplete = False  # the file lacks entries, or ends within one
        self._lock = FileLock(folder / "journal.lock")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=wait)
        except Timeout:
            raise RuntimeError(f"the run in {folder} is still going on.") from None
        remove_leftovers(folder, below=True)
        self._read()

    def add(self, kind: str, **content: Any) -> None:
        """Append an entry. While the disk is full, entries stay in memory."""
        entry = {"kind": kind, "time": int(time.time() * 1000), **content}
        with uninterrupted():  # or a run that goes on would log again what MLflow has
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

    def end_killed(self) -> None:
        """Record that its process was killed, at its last entry: nobody was left to say so."""
        if self.entries and self.entries[-1]["kind"] not in ("end", KILLED):
            self.add(KILLED, time=self.entries[-1]["time"])

    @property
    def host(self) -> str | None:
        """The machine that the run was begun on, or last gone on with."""
        hosts = [entry["host"] for entry in self.entries if "host" in entry]
        return hosts[-1] if hosts else None

    @property
    def store(self) -> str | None:
        """Digest of the store that has received entries or, before one has, was meant to."""
        begun = self.entries[0].get("store") if self.entries else None
        return self._store if self._store is not None and self.run_id is not None else begun

    def mark_sent(self, run_id: str, store: str) -> None:
        """Record that a store of MLflow's, by its digest, has received one more entry."""
        self.run_id, self.sent, self._store = run_id, self.sent + 1, store
        state = {"run_id": self.run_id, "sent": self.sent, "store": store}
        with contextlib.suppress(OSError):  # then it is sent twice, which does no harm
            write_text(self.path.with_suffix(".state"), _line(state))

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
        with contextlib.suppress(OSError, ValueError, KeyError):  # then all of it is sent again
            state = _content(self.path.with_suffix(".state").read_bytes())
            # entries that were sent but that a full disk did not keep no longer count
            self.run_id, self.sent = state["run_id"], min(state["sent"], len(self.entries))
            self._store = state.get("store")


def entries_of(folder: Path) -> list[Entry]:
    """Entries of the journal in a folder, even while it is written; empty without a journal.

    From a damaged line on, which is warned of, they are left out.
    """
    path = folder / NAME
    entries: list[Entry] = []
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            entry = _content(line)
            if not isinstance(entry["kind"], str):
                raise ValueError("an entry has a kind")
        except (ValueError, KeyError):
            if number < len(lines) or not _is_cut(line):  # else it is being written, or a kill was
                warnings.warn(
                    f"{path} is damaged in line {number}: what was logged from there on is lost, "
                    "unless MLflow has received it",
                    stacklevel=2,
                )
            break
        entries.append(entry)
    return entries


def tags_of(entries: list[Entry]) -> dict[str, str]:
    """All tags that entries give a run, the latest of each name."""
    tags: dict[str, str] = {}
    for entry in entries:
        tags |= entry.get("tags", {}) | (entry["values"] if entry["kind"] == "tags" else {})
    return tags


def obstacle(folder: Path, entries: list[Entry]) -> str:
    """Reason for which the run of a folder's journal cannot be resumed; empty if it can."""
    tags = tags_of(entries)
    if tags.get("lrec.command") not in ("train", "trial"):
        return "it left nothing to go on with: it ended well, or before it began to train"
    if "lrec.updates" in tags:
        return "it is of lrec update, which is not resumed but run again"
    if tags.get("lrec.for") == "blend":
        return "it is of lrec blend, which is not resumed but run again"
    if entries[-1].get("status") == "FINISHED":
        return "it ended well, and lrec sync sends what MLflow has not got"
    if not (folder / CONFIG).exists():
        return "it ended before it began to train: train it anew"
    return ""


def _line(content: Entry) -> str:
    """A line with content and its digest."""
    return json.dumps({DIGEST: _digest(content), CONTENT: content}) + "\n"


def _content(line: bytes) -> Entry:
    """The content of a line; an older lrec wrote it without a digest.

    Raises:
        ValueError: the line is not as it was written.
    """
    stored = json.loads(line)
    if not isinstance(stored, dict):
        raise ValueError("it is no object")
    if stored.keys() != {DIGEST, CONTENT}:
        return stored
    content: Entry = stored[CONTENT]
    if stored[DIGEST] != _digest(content):
        raise ValueError("the digest is of other content")
    return content


def _is_cut(line: bytes) -> bool:
    """True for the beginning of a line; not for a whole one with another sign at its end."""
    try:
        _content(line[:-1])
    except ValueError:
        return not line.endswith(b"\n")
    return False


def _digest(content: Entry) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _text(entries: list[Entry]) -> str:
    return "".join(map(_line, entries))
