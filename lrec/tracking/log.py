"""What a run logs: first to its journal, then to MLflow, at once or when it can be reached."""

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
from lrec.tracking.journal import Journal
from lrec.tracking.store import Store, UnreachableError

LIBRARIES = ("lrec", "tensorflow", "keras", "numpy", "pandas", "mlflow", "hydra-core")
WAIT = 60.0  # seconds until MLflow is tried again; doubles


class Log:
    """Writes to one run.

    Args:
        journal: of the run.
        store: where MLflow keeps its runs.
    """

    def __init__(self, journal: Journal, store: Store) -> None:
        self._journal = journal
        self._store = store
        self._wait, self._next = WAIT, 0.0

    @property
    def run_id(self) -> str | None:
        """MLflow's id, or None as long as MLflow does not know the run."""
        return self._journal.run_id

    @property
    def where(self) -> str:
        """A sentence on where the run is found."""
        if self._journal.unsent:
            return (
                f"the run is kept in {self._journal.folder}, because MLflow at {self._store} did "
                "not take all of it: lrec sync sends it, and so does the next run"
            )
        return f"run {self.run_id} in {self._store}; see it: {self._store.ui}"

    def start(
        self, experiment: str, name: str, tags: Mapping[str, str], parent: str | None
    ) -> None:
        """Begin, unless the journal is one that is taken up."""
        if not self._journal.entries:
            self._add(
                "start",
                id=uuid.uuid4().hex,  # by which the run is found where MLflow's answer was lost
                experiment=experiment,
                name=name,
                tags=dict(tags),
                parent=parent,
                store=self._store.digest,
            )
        else:
            self._add("again")

    def params(self, values: Mapping[str, Any]) -> None:
        """Once: a run that goes on, on other devices perhaps, keeps those that it began with."""
        if not any(entry["kind"] == "params" for entry in self._journal.entries):
            self._add("params", values={key: str(value)[:6000] for key, value in values.items()})

    def tags(self, values: Mapping[str, Any]) -> None:
        self._add("tags", values={key: str(value)[:5000] for key, value in values.items()})

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Once for a step: an epoch that a resumed run trains again has been told of."""
        told = (e for e in self._journal.entries if e["kind"] == "metrics" and e["step"] == step)
        if not step or not any(values.keys() <= entry["values"].keys() for entry in told):
            self._add("metrics", values={k: float(v) for k, v in values.items()}, step=step or 0)

    def file(self, path: Path, folder: str | None = None) -> None:
        """An artifact; the file has to stay where it is in the run's folder."""
        self._add("file", path=self._journal.place(path), folder=folder)

    def dataset(self, name: str, digest: str, source: Mapping[str, str]) -> None:
        """The data that the run learnt from, by its content."""
        self._add("dataset", name=name, digest=digest[:32], source=dict(source))

    def model(self, folder: Path, example: Mapping[str, Sequence[Any]]) -> None:
        """A saved model as a pyfunc that takes histories and returns ranked items.

        It has the run's metrics so far, but for those of single epochs.

        Args:
            folder: that it was saved in; it has to stay where it is.
            example: columns of an input for it.
        """
        metrics = [
            (key, value, entry["time"], entry["step"])
            for entry in self._journal.entries
            if entry["kind"] == "metrics" and entry["step"] == 0
            for key, value in entry["values"].items()
        ]
        path = self._journal.place(folder)
        self._add("model", path=path, example=dict(example), metrics=metrics)

    def environment(self) -> None:
        """Versions of the libraries that decide the numbers, and lrec's own commit."""
        from importlib.metadata import version  # here: it takes a config check 15 ms

        self.tags({f"version.{name}": version(name) for name in LIBRARIES})
        folder = Path(__file__).parent.parent.parent
        if (folder / ".git").exists():
            command = ["git", "-C", str(folder), "rev-parse", "HEAD"]
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                commit = subprocess.run(command, capture_output=True, text=True, check=True)
                self.tags({"lrec.git_commit": commit.stdout.strip()})

    def has_failed_runs(self) -> bool:
        """Whether a run that belongs to it failed, as far as MLflow knows."""
        return self.run_id is not None and self._store.has_failed_runs(self.run_id)

    def end(self, status: str) -> None:
        """The last entry; MLflow is asked once more to take what it has not."""
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
                raise  # there is nothing to lose yet
            if self._wait == WAIT:
                warnings.warn(
                    f"MLflow at {self._store} does not take the run now, which goes on: "
                    f"{one_line(error)}",
                    stacklevel=2,
                )
            self._next = time.monotonic() + self._wait
            self._wait *= 2
