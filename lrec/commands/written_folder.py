"""A folder that a command writes: replaced as a whole, and only where lrec wrote all in it."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lrec.base.errors import DataError, listed
from lrec.base.files import (
    OWNER,
    REPLACED,
    digest_of_file,
    left_behind,
    named,
    remove_leftovers,
    temporary,
)

MANIFEST = "manifest.json"  # sha256 of every other file, by its path in the folder


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A folder to write to, which replaces the given one at the end: it is never there in part.

    What a killed command left is removed first, or moved back where it had taken the folder away.

    Raises:
        DataError: the given folder holds now what lrec did not write; it stays as it is.
    """
    folder = folder.resolve()
    recover(folder)
    unfinished, old = temporary(folder), temporary(folder, REPLACED)
    unfinished.mkdir(parents=True)
    try:
        with named(folder, unfinished):
            yield unfinished
            manifest = {
                "files": {name: digest_of_file(path) for name, path in _files(unfinished).items()}
            }
            (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        if (path := foreign(folder)) is not None:  # it may have come in the meantime
            raise DataError(f"{folder} cannot be replaced: lrec did not write {listed([path])}.")
        if folder.exists():
            folder.rename(old)
        unfinished.rename(folder)
    except Exception as error:
        full = os.strerror(errno.ENOSPC)
        if isinstance(error, OSError) or full not in str(error):
            raise
        raise OSError(errno.ENOSPC, full, str(folder)) from error  # TensorFlow has its own kind
    finally:
        if old.exists() and not folder.exists():
            old.rename(folder)
        for rest in (unfinished, old):
            shutil.rmtree(rest, ignore_errors=True)


def recover(folder: Path) -> None:
    """Undo what a command began to do to a folder before it was killed."""
    remove_leftovers(folder.parent)
    for old in left_behind(folder.parent, REPLACED):
        if OWNER.sub("", old.name) != folder.name:
            continue
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(folder)


def foreign(folder: Path) -> Path | None:
    """A file that would be lost if a folder were replaced: not lrec's, or changed since.

    None where there is none, and where there is no folder.
    """
    if not folder.exists():
        return None
    if not folder.is_dir():
        return folder
    written = _manifest(folder)
    files = _files(folder)
    ours = written.keys() | ({MANIFEST} if written else set())
    for name, path in files.items():
        plain = path.is_file() and not path.is_symlink()
        if (
            name not in ours
            or not plain
            or (name != MANIFEST and digest_of_file(path) != written[name])
        ):
            return path
    return None


def _files(folder: Path) -> dict[str, Path]:
    """Everything in a folder and below that is no folder, by its path in there."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or not path.is_dir()
    }


def _manifest(folder: Path) -> dict[str, str]:
    """The digests that a command left; none where the file is missing or something else."""
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        return dict(files)
    except (OSError, ValueError, TypeError, KeyError):
        return {}
