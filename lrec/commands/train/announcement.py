"""Announcements of a run: its id, its folder, and how to go on with it."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from lrec.base.config import plugins
from lrec.reporting.terminal import Screen
from lrec.tracking import Log, entries_of, obstacle


@contextlib.contextmanager
def announced(screen: Screen, log: Log, folder: Path, resumable: bool) -> Iterator[None]:
    """Say at the start, and again when the run is interrupted, how to find it and go on with it.

    Args:
        folder: of the run.
        resumable: False for a run that is begun again instead, such as an update's.
    """
    if not log.keeps_files:
        yield
        return
    place = os.path.relpath(folder)
    name = log.run_id or place
    again = ["lrec", "train", *plugins.words(), f"resume={name}"]
    screen.note(f"run {name}, in {shlex.quote(place)}")
    if resumable:
        screen.commands("if it is interrupted", again)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        entries = entries_of(folder)
        if resumable and entries and not obstacle(folder, entries):
            screen.note(f"interrupted: run {name}, in {shlex.quote(place)}")
            screen.commands("go on", again)
        raise
