"""Tracking that keeps nothing: for runs whose result stays in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lrec.tracking import Tracking
from lrec.tracking.log import Log


class UnloggedRun(Log):
    """A log that takes everything and writes nothing."""

    keeps_files = False

    def __init__(self) -> None:
        return

    @property
    def run_id(self) -> str | None:
        """None: MLflow has no such run."""
        return None

    @property
    def location(self) -> str:
        """A sentence instead of an address."""
        return "the run is not logged: its result is in memory only"

    def columns(self, metrics: Sequence[str]) -> str:
        """Empty: there is no table of runs."""
        return ""

    def params(self, values: Mapping[str, Any]) -> None:
        """Take parameters."""

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Take metrics."""

    def file(self, path: Path, folder: str | None = None) -> None:
        """Take a file."""

    def dataset(self, name: str, digest: str, source: Mapping[str, str]) -> None:
        """Take the name of the data."""

    def model(self, folder: Path, example: Mapping[str, Sequence[Any]]) -> None:
        """Take a model."""

    def environment(self, packages: Sequence[str] = ()) -> None:
        """Ask no library for its version."""

    def end(self, status: str) -> None:
        """End nothing."""

    def _add(self, kind: str, **content: Any) -> None:
        return


class Unlogged(Tracking):
    """Tracking without MLflow and without files; user ids are as the data has them."""

    def __init__(self) -> None:
        super().__init__(keep_user_ids=True, log_model=False)

    @contextlib.contextmanager
    def run(
        self, name: str, tags: Mapping[str, str], folder: Path, parent: str | None = None
    ) -> Iterator[Log]:
        """A run that is not logged."""
        yield UnloggedRun()
