"""Sends to MLflow what it could not be told when it happened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from lrec.base.errors import one_line
from lrec.tracking.journal import NAME, Journal, obstacle
from lrec.tracking.store import Store, UnreachableError

OUTPUTS = Path("outputs")  # where Hydra puts run folders, see conf/config.yaml
PLACES = ("*/*", "multirun/*/*", "multirun/*/*/*")


def send_ended(store: Store) -> None:
    """What earlier runs of this folder left for the same store, as far as it takes it."""
    for place in PLACES:
        for path in OUTPUTS.glob(f"{place}/{NAME}"):
            # whatever is wrong with another run's folder is nothing to the one that begins
            with contextlib.suppress(Exception), _opened(path.parent) as journal:
                if journal.ended and journal.entries[0].get("store") == store.digest:
                    store.send(journal)


def send_all(folder: Path, store: Store) -> Iterator[str]:
    """Send what all runs below a folder left; a sentence on each.

    Raises:
        UnreachableError: the store does not answer.
    """
    for path in sorted(folder.rglob(NAME)):
        place = path.parent
        try:
            with _opened(place) as journal:
                if not journal.ended or journal.unsent:
                    yield _send(journal, store)
        except Exception as error:
            if isinstance(error, UnreachableError) and not store.answers:
                raise
            yield f"left {place} alone: {one_line(error)}"


def _send(journal: Journal, store: Store) -> str:
    """What became of a run."""
    if journal.run_id is not None and journal.entries[0].get("store") != store.digest:
        raise RuntimeError(
            f"it was begun in another store than {store}: set MLFLOW_TRACKING_URI to that one."
        )
    store.send(journal)
    if journal.ended:
        return f"sent run {journal.run_id}, from {journal.folder}"
    store.mark_killed(journal)
    hint = obstacle(journal.entries) or f"go on: lrec train resume={journal.folder}"
    return f"run {journal.run_id} was killed; {hint}"


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[Journal]:
    journal = Journal(folder)
    try:
        yield journal
    finally:
        journal.close()
