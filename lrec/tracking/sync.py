"""Synchronisation: send to MLflow what it could not receive at the time."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path

from lrec.base.errors import one_line
from lrec.base.files import HOST, remove_leftovers
from lrec.tracking.journal import NAME, Journal, obstacle
from lrec.tracking.store import Store, UnreachableError

OUTPUTS = Path("outputs")  # run folders, see conf/config.yaml


def send_left(store: Store) -> None:
    """Send what runs of this folder left for the same store, of killed ones that they were.

    Runs of other machines that share the folder may be alive, whatever a lock says. Errors are
    ignored: a damaged folder of another run must not stop the run that starts now.
    """
    remove_leftovers(OUTPUTS, below=True)
    paths: list[Path] = []
    with contextlib.suppress(OSError):  # a folder may go away meanwhile
        paths = list(OUTPUTS.rglob(NAME))
    for path in paths:
        with contextlib.suppress(Exception), _open(path.parent) as journal:
            if journal.store == store.digest and (journal.ended or journal.host == HOST):
                journal.end_killed()
                store.send(journal)


def send_all(folder: Path, store: Store) -> Iterator[str]:
    """Send what all runs below a folder left; yield a sentence on each.

    Raises:
        UnreachableError: the store does not answer.
    """
    remove_leftovers(folder, below=True)
    for path in sorted(folder.rglob(NAME)):
        run_folder = path.parent
        try:
            with _open(run_folder) as journal:
                if not journal.ended or journal.unsent:
                    yield _send(journal, store)
        except Exception as error:
            if isinstance(error, UnreachableError) and not store.is_reachable:
                raise
            yield f"left {run_folder} alone: {one_line(error)}"


def _send(journal: Journal, store: Store) -> str:
    """Send a run; return a sentence on it."""
    if journal.run_id is not None and journal.store != store.digest:
        raise RuntimeError(
            f"it was begun in another store than {store}: set MLFLOW_TRACKING_URI to that one."
        )
    journal.end_killed()
    store.send(journal)
    if journal.ended:
        return f"sent run {journal.run_id}, from {journal.folder}"
    resume = f"lrec train {shlex.quote(f'resume={journal.folder}')}"
    hint = obstacle(journal.folder, journal.entries) or f"go on: {resume}"
    return f"run {journal.run_id} was killed; {hint}"


@contextlib.contextmanager
def _open(folder: Path) -> Iterator[Journal]:
    journal = Journal(folder, wait=0)
    try:
        yield journal
    finally:
        journal.close()
