"""Tracking that keeps nothing: for runs whose result stays in memory."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lrec.tracking import Tracking
from lrec.tracking.journal import Journal
from lrec.tracking.log import Log


class UnwrittenJournal(Journal):
    """A journal in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.entries, self.run_id = folder, [], None

    def add(self, kind: str, **content: Any) -> None:
        """Append an entry."""
        self.entries.append({"kind": kind, "time": int(time.time() * 1000), **content})

    def close(self, discard: bool = False) -> None:
        """Nothing is open."""


class UnloggedRun(Log):
    """A log that keeps what it takes in memory, and writes nothing."""

    keeps_files = False

    def __init__(self, folder: Path) -> None:
        self._journal = UnwrittenJournal(folder)

    @property
    def location(self) -> str:
        """A sentence instead of an address."""
        return "the run is not logged: its result is in memory only"

    def environment(self, packages: Sequence[str] = ()) -> None:
        """Ask no library for its version."""

    def _add(self, kind: str, **content: Any) -> None:
        self._journal.add(kind, **content)


class Unlogged(Tracking):
    """Tracking without MLflow and without files; user ids are as the data has them."""

    def __init__(self) -> None:
        super().__init__(keep_user_ids=True, log_model=False)

    @contextlib.contextmanager
    def run(
        self, name: str, tags: Mapping[str, str], folder: Path, parent: str | None = None
    ) -> Iterator[Log]:
        """A run that is not logged."""
        log = UnloggedRun(folder)
        log.tags(tags)
        yield log
