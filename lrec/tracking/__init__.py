"""Tracking of runs in MLflow. No module outside this folder imports mlflow."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from lrec.base.errors import one_line
from lrec.tracking import sync
from lrec.tracking.journal import CONFIG, Journal, entries_of, obstacle
from lrec.tracking.journal import NAME as JOURNAL
from lrec.tracking.killed import is_resumable, killed_runs
from lrec.tracking.log import Log
from lrec.tracking.run_names import OPEN, purpose, resolve
from lrec.tracking.saved_runs import (
    CONTAINS_HISTORIES,
    KEEP_HISTORIES,
    LISTS,
    UNSAVED,
    SavedRun,
    adopt,
    fetch,
    finished,
    folder_of,
    of_sweep,
    tags_of,
)
from lrec.tracking.store import Store, UnreachableError

__all__ = [
    "CONFIG",
    "CONTAINS_HISTORIES",
    "JOURNAL",
    "KEEP_HISTORIES",
    "LISTS",
    "OPEN",
    "PARENT",
    "UNSAVED",
    "Log",
    "SavedRun",
    "Tracking",
    "adopt",
    "entries_of",
    "fetch",
    "finished",
    "folder_of",
    "forget",
    "is_resumable",
    "killed_runs",
    "obstacle",
    "of_sweep",
    "purpose",
    "resolve",
    "tags_of",
]
EXPERIMENT = "lrec"  # by default
PARENT = "LREC_PARENT_RUN_ID"  # environment variable of a sweep, for its jobs


def forget(folder: Path) -> None:
    """Discard the journal of an earlier run that failed in a folder, for a new run.

    Raises:
        RuntimeError: that run still runs, can be resumed, or has not all been sent to MLflow.
    """
    if not (folder / JOURNAL).exists():
        return
    journal = Journal(folder)
    over = journal.ended and not journal.unsent
    reason = obstacle(folder, journal.entries) if journal.entries else ""
    journal.close(discard=over)
    if not over:
        resume = f"lrec train {shlex.quote(f'resume={folder}')}"
        hint = f"it cannot be resumed ({reason})" if reason else resume
        raise RuntimeError(
            f"{folder} holds a run that has not ended, or has not all been sent: {hint}. "
            "lrec sync sends it to MLflow; hydra.run.dir=… chooses another folder."
        )


class Tracking:
    """Logs runs to MLflow, at `$MLFLOW_TRACKING_URI` or in mlflow.db of this folder.

    Args:
        experiment: MLflow experiment; where it is `lrec`, $MLFLOW_EXPERIMENT_NAME or _ID count.
        run_name: null means the model's name and seed.
        keep_user_ids: artifacts hold original user ids instead of pseudonyms.
        log_model: log the trained model with the run, as a pyfunc.
        keep_histories: log it also where it contains people's histories.
    """

    def __init__(
        self,
        experiment: str = EXPERIMENT,
        run_name: str | None = None,
        keep_user_ids: bool = False,
        log_model: bool = True,
        keep_histories: bool = False,
    ) -> None:
        if not experiment:
            raise ValueError(f"experiment needs a name. Received: {experiment!r}")
        self._experiment = experiment
        self.run_name = run_name
        self.keep_user_ids = keep_user_ids
        self.log_model = log_model
        self.keep_histories = keep_histories

    @property
    def experiment(self) -> str:
        """The experiment of the config or, where that names none of its own, of MLflow's variables.

        Raises:
            RuntimeError: `$MLFLOW_EXPERIMENT_ID` is of no experiment.
        """
        if self._experiment != EXPERIMENT:
            return self._experiment
        named, number = (os.environ.get(f"MLFLOW_EXPERIMENT_{key}") for key in ("NAME", "ID"))
        if named:
            return named
        return Store().name_of(number) if number else EXPERIMENT

    def open(
        self, name: str, tags: Mapping[str, str], folder: Path, parent: str | None = None
    ) -> Log:
        """Open a run, which the caller must end. A run that was killed in this folder is resumed.

        Args:
            name: of the run, unless the config names one.
            parent: id of the parent run; by default a sweep's.

        Raises:
            RuntimeError: the store cannot be used, the folder's run still runs, or MLFLOW_RUN_ID is
                set.
        """
        if os.environ.get("MLFLOW_RUN_ID"):
            raise RuntimeError(
                "MLFLOW_RUN_ID is set, and lrec makes runs of its own: unset MLFLOW_RUN_ID; to go "
                "on with a killed run: lrec train resume=RUN_ID."
            )
        experiment = self.experiment
        store, journal = Store(), Journal(folder)
        log = Log(journal, store)
        parent = parent or os.environ.get(PARENT)
        try:
            log.start(experiment, self.run_name or name, tags, parent)
        except Exception:
            journal.close(discard=not journal.sent)
            raise
        if log.run_id is not None:
            sync.send_left(store)
        return log

    def reach(self) -> None:
        """Create the store and the experiment if they do not exist.

        Raises:
            RuntimeError: MLflow cannot be reached or used.
        """
        store = Store()
        try:
            store.open(self.experiment)
        except UnreachableError as error:
            raise RuntimeError(f"MLflow at {store} does not answer: {error}") from None

    @contextlib.contextmanager
    def parent(
        self, name: str, tags: Mapping[str, str], folder: Path, parent: str | None = None
    ) -> Iterator[Log]:
        """A run that is the parent of all others of this process and its children meanwhile."""
        with self.run(name, tags, folder, parent) as log:
            outer = os.environ.get(PARENT)
            if log.run_id:
                os.environ[PARENT] = log.run_id
            try:
                yield log
            finally:
                os.environ.pop(PARENT, None)
                if outer is not None:
                    os.environ[PARENT] = outer

    @contextlib.contextmanager
    def run(
        self, name: str, tags: Mapping[str, str], folder: Path, parent: str | None = None
    ) -> Iterator[Log]:
        """A run that ends FINISHED, FAILED (with the error in a tag) or KILLED; see `open`."""
        log = self.open(name, tags, folder, parent)
        status = "FAILED"
        try:
            yield log
            status = "FINISHED"
        except (KeyboardInterrupt, SystemExit):
            status = "KILLED"
            raise
        except BaseException as error:
            log.tags({"lrec.error": one_line(error)})
            raise
        finally:
            log.end(status)
