"""Prints of one run among many, in a file of its folder."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from pathlib import Path

from lrec.base.errors import redact
from lrec.base.files import named

OUTPUT = "output.txt"  # in a run's folder: what it would print


@contextlib.contextmanager
def printing_to(folder: Path, resumed: bool) -> Iterator[None]:
    """Let what is printed meanwhile go to a run's file.

    Args:
        folder: of the run.
        resumed: True to go on with the file.

    Raises:
        OSError: the file cannot be written, which the error names.
    """
    path = folder / OUTPUT
    with (
        named(path),
        path.open("a" if resumed else "w", encoding="utf-8") as output,
        contextlib.redirect_stdout(output),
    ):
        yield


def add_traceback(folder: Path) -> None:
    """Add the error that is being handled to a run's file, if that can be written."""
    with (
        contextlib.suppress(OSError),
        (folder / OUTPUT).open("a", encoding="utf-8") as output,
    ):
        output.write(redact(traceback.format_exc()))
