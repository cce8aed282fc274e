"""Hints at files that are not where they were looked for."""

from __future__ import annotations

from pathlib import Path

from lrec.base.errors import DataError, listed, nearest


def looked_in(file: Path) -> str:
    """The folder in which a file is not, and a file of a similar name there, for a message."""
    folder = file.absolute().parent
    if not folder.is_dir():
        return f"(there is no folder {listed([folder])})"
    try:
        hint = nearest(file.name, sorted(entry.name for entry in folder.iterdir()))
    except OSError:  # a folder that may not be read
        hint = ""
    similar = f"; {hint.strip(' ()')}" if hint else ""
    return f"(looked in {listed([folder])}{similar})"


def existing(path: str, name: str) -> Path:
    """The file that a key of the config names.

    Args:
        name: of the key.

    Raises:
        DataError: there is no such file.
    """
    file = Path(path).expanduser()
    if not file.exists():
        raise DataError(f"{name} does not exist. Received: {path} {looked_in(file)}")
    if file.is_dir():
        raise DataError(f"{name} is a folder, and a file is needed. Received: {path}")
    return file
