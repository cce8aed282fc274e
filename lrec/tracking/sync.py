"""Sends to MLflow what it could not be told when it happened."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from lrec.tracking.journal import NAME, Journal
from lrec.tracking.store import Store, UnreachableError

OUTPUTS = Path("outputs")  # where Hydra puts run folders, see conf/config.yaml
PLACES = ("*/*", "multirun/*/*", "multirun/*/*/*")


def send_ended(store: Store) -> None:
    """What earlier runs of this folder left for the same store, as far as it takes it."""
    for place in PLACES:
        for path in OUTPUTS.glob(f"{place}/{NAME}"):
            with (
                contextlib.suppress(RuntimeError, UnreachableError),
                _opened(path.parent) as journal,
            ):
                if journal.ended and journal.entries[0].get("store") == store.digest:
                    store.send(journal)


def send_all(folder: Path, store: Store) -> Iterator[str]:
    """Send what all runs below a folder left; a sentence on each.

    Raises:
        UnreachableError: the store takes nothing.
    """
    for path in sorted(folder.rglob(NAME)):
        place = path.parent
        try:
            with _opened(place) as journal:
                if journal.ended and not journal.unsent:
                    continue
                store.send(journal)
                if journal.ended:
                    yield f"sent run {journal.run_id}, from {place}"
                else:
                    store.mark_killed(journal)
                    yield f"run {journal.run_id} was killed; go on: lrec train resume={place}"
        except RuntimeError as error:
            yield f"left {place} alone: {error}"


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[Journal]:
    journal = Journal(folder)
    try:
        yield journal
    finally:
        journal.close()
