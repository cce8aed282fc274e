"""Announcements of a run: its id, its folder, how to go on with it, and what one does next."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from lrec.reporting.terminal import Screen
from lrec.tracking import Log, entries_of, obstacle

SHORT = 8  # letters of a run's id that stand for it in commands


@contextlib.contextmanager
def announced(screen: Screen, log: Log, folder: Path, resumable: bool) -> Iterator[None]:
    """Say at the start, and again when the run is interrupted, how to find it and go on with it.

    Args:
        folder: of the run.
        resumable: False for a run that is begun again instead, such as an update's.
    """
    place = os.path.relpath(folder)
    name = log.run_id or place
    again = shlex.join(["lrec", "train", f"resume={name}"])
    screen.note(
        f"run {name}, in {shlex.quote(place)}"
        + (f"; if it is interrupted: {again}" if resumable else "")
    )
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        entries = entries_of(folder)
        if resumable and entries and not obstacle(folder, entries):
            screen.note(f"interrupted: run {name}, in {shlex.quote(place)}; go on: {again}")
        raise


def next_steps(run_id: str, compared: bool = True) -> str:
    """Commands that one would give next, with a trained model.

    Args:
        compared: False for a run that has no test to compare on.
    """
    short = run_id[:SHORT]
    lines = [f"next: lrec recommend run={short} users=all top=10 to=lists.csv"]
    if compared:
        lines.append(f"      lrec evaluate run={short} bucket=counts")
    lines.append(f"      mlflow models serve -m runs:/{run_id}/model --env-manager local")
    return "\n".join(lines)
