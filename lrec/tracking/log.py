"""Log of a run: written to its journal, then sent to MLflow, at once or when it is reachable."""

from __future__ import annotations

import contextlib
import subprocess
import time
import uuid
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lrec.base.errors import one_line
from lrec.base.files import HOST
from lrec.tracking.journal import Journal, tags_of
from lrec.tracking.saved_runs import SavedRun
from lrec.tracking.store import Store, UnreachableError

LIBRARIES = ("lrec", "tensorflow", "keras", "numpy", "pandas", "mlflow", "hydra-core")
TAG = 5000  # characters of a tag at most
WAIT = 60.0  # seconds before MLflow is tried again; doubled each time


class Log:
    """Writes to one run.

    Args:
        journal: of the run.
        store: MLflow's, that the journal is sent to.

    Attributes:
        keeps_files: True if files that are logged are kept, so that figures are worth drawing.
    """

    keeps_files = True

    def __init__(self, journal: Journal, store: Store) -> None:
        self._journal = journal
        self._store = store
        self._wait, self._next = WAIT, 0.0

    @property
    def run_id(self) -> str | None:
        """MLflow's id; None before MLflow has received the start of the run."""
        return self._journal.run_id

    @property
    def location(self) -> str:
        """The run and its store, and in a line of its own the command that shows them."""
        if self._journal.unsent:
            return (
                f"the run is kept in {self._journal.folder}, because MLflow at {self._store} did "
                "not take all of it: lrec sync sends it, and so does the next run"
            )
        return f"run {self.run_id} in {self._store}\nsee it: {self._store.ui}"

    @property
    def record(self) -> SavedRun:
        """The run as it was logged so far: as MLflow has it, or would have it."""
        entries = self._journal.entries
        params, metrics = (
            {k: v for e in entries if e["kind"] == kind for k, v in e["values"].items()}
            for kind in ("params", "metrics")
        )
        data = next((entry for entry in entries if entry["kind"] == "dataset"), None)
        return SavedRun(
            id=self.run_id or "",
            params=params,
            metrics=metrics,
            tags=tags_of(entries),
            data="" if data is None else data["name"],
            digest="" if data is None else data["digest"],
            seconds=(entries[-1]["time"] - entries[0]["time"]) / 1000,
        )

    def columns(self, metrics: Sequence[str]) -> str:
        """Address of MLflow's table of runs with columns of these metrics; empty without MLflow."""
        return self._store.share_columns(self.run_id, metrics) if self.run_id else ""

    def describe(self, text: str) -> None:
        """Log a description in Markdown, which MLflow shows with the run.

        Lines beyond MLflow's limit are left out whole.
        """
        if len(text) > TAG:
            text = text[: TAG - 2].rpartition("\n")[0] + "\n…"
        self.tags({"mlflow.note.content": text})

    def start(
        self, experiment: str, name: str, tags: Mapping[str, str], parent: str | None
    ) -> None:
        """Log the start of the run, or, if its journal has entries, that it is resumed.

        Args:
            parent: id of the run that it becomes a child of; None keeps a resumed run's.
        """
        if not self._journal.entries:
            self._add(
                "start",
                id=uuid.uuid4().hex,  # identifies the run if MLflow's response was lost
                experiment=experiment,
                name=name,
                tags=dict(tags),
                parent=parent,
                store=self._store.digest,
                host=HOST,
            )
        else:
            self._add("again", parent=parent, host=HOST)

    def params(self, values: Mapping[str, Any]) -> None:
        """Log parameters that belong together, once.

        A run resumed on other devices keeps those of its start, and gets none of the new ones.
        """
        logged = (entry for entry in self._journal.entries if entry["kind"] == "params")
        if not any(values.keys() & entry["values"].keys() for entry in logged):
            self._add("params", values={key: str(value)[:6000] for key, value in values.items()})

    def tags(self, values: Mapping[str, Any]) -> None:
        """Log tags; values are cut at MLflow's limit."""
        self._add("tags", values={key: str(value)[:TAG] for key, value in values.items()})

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log metrics, once for a step: a resumed run may train an epoch again."""
        logged = (e for e in self._journal.entries if e["kind"] == "metrics" and e["step"] == step)
        if not step or not any(values.keys() <= entry["values"].keys() for entry in logged):
            self._add("metrics", values={k: float(v) for k, v in values.items()}, step=step or 0)

    def file(self, path: Path, folder: str | None = None) -> None:
        """Log an artifact; the file must not be moved within the run's folder."""
        self._add("file", path=self._journal.relative(path), folder=folder)

    def dataset(self, name: str, digest: str, source: Mapping[str, str]) -> None:
        """Log the data that the run is trained on, by its content, once.

        Raises:
            RuntimeError: the run goes on, and was begun with other data.
        """
        logged = [entry for entry in self._journal.entries if entry["kind"] == "dataset"]
        if logged and logged[0]["digest"] != digest[:32]:
            raise RuntimeError(
                "the data is not what the run was begun with: give the run its data back "
                "(dataset.path=… if it has moved), or train anew."
            )
        if not logged:
            self._add("dataset", name=name, digest=digest[:32], source=dict(source))

    def model(self, folder: Path, example: Mapping[str, Sequence[Any]]) -> None:
        """Log a saved model as a pyfunc that takes histories and returns ranked items.

        It gets the run's metrics so far, except those of single epochs.

        Args:
            folder: the model was saved in; it must not be moved.
            example: columns of an input example.
        """
        metrics = [
            (key, value, entry["time"], entry["step"])
            for entry in self._journal.entries
            if entry["kind"] == "metrics" and entry["step"] == 0
            for key, value in entry["values"].items()
        ]
        path = self._journal.relative(folder)
        self._add("model", path=path, example=dict(example), metrics=metrics)

    def environment(self, packages: Sequence[str] = ()) -> None:
        """Log the versions of the libraries that affect the numbers, and lrec's own commit.

        Args:
            packages: plugins whose components the run has; one may not be installed.
        """
        from importlib.metadata import (
            PackageNotFoundError,
            version,
        )  # imported here: it would slow a config check by 15 ms

        self.tags({f"version.{name}": version(name) for name in LIBRARIES})
        for name in packages:
            try:
                self.tags({f"version.{name}": version(name)})
            except PackageNotFoundError:
                self.tags({f"version.{name}": "not installed"})
        folder = Path(__file__).parent.parent.parent
        if (folder / ".git").exists():
            command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                commit = subprocess.run(command, capture_output=True, text=True, check=True)
                self.tags({"lrec.git_commit": commit.stdout.strip()})

    def has_failed_runs(self) -> bool:
        """True if a child run failed, as far as MLflow has received it."""
        return self.run_id is not None and self._store.has_failed_runs(self.run_id)

    def end(self, status: str) -> None:
        """Log the end of the run, and try once more to send what is unsent."""
        self._next = 0.0
        self._add("end", status=status)
        self._journal.close()

    def _add(self, kind: str, **content: Any) -> None:
        self._journal.add(kind, **content)
        if time.monotonic() < self._next:
            return
        try:
            self._store.send(self._journal)
        except (UnreachableError, RuntimeError) as error:
            if kind == "start" and isinstance(error, RuntimeError):
                raise  # nothing would be lost yet
            if self._wait == WAIT:
                warnings.warn(
                    f"MLflow at {self._store} does not take the run now, which goes on: "
                    f"{one_line(error)}",
                    stacklevel=2,
                )
            self._next = time.monotonic() + self._wait
            self._wait *= 2
