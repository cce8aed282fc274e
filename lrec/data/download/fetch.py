"""Published files, fetched once and checked before they are taken for whole."""

from __future__ import annotations

import hashlib
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lrec.base.errors import DataError, redact
from lrec.data.download.transfer import BrokenError, Transfer, say

if sys.platform != "win32":
    import fcntl


def fetch(
    address: str, sha256: str, folder: Path, mirror: str | None = None, verify: bool = True
) -> Path:
    """The file of that address in `folder`; downloaded, unless it is there already.

    What has arrived lies in `<name>.partial` until its checksum is found right, and is resumed by
    the next run after an interrupted one. Of two processes, one downloads and the other waits.

    Args:
        sha256: of its bytes, in hex.
        mirror: base address to fetch from instead of the official one.
        verify: refuse a file of another checksum; else it is taken with a warning.

    Raises:
        DataError: it cannot be fetched or kept, or is not the pinned one; one line says what to do.
    """
    name = address.rpartition("/")[2]
    target = folder / name
    if mirror is not None:
        address = f"{mirror.rstrip('/')}/{name}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            found = _digest(target) if target.exists() else None
            if found != sha256 and (verify or found is None):
                found = _download(address, sha256, target, verify)
    except BrokenError as error:
        raise DataError(
            f"{redact(address)} could not be downloaded ({error}): fetch it elsewhere and put it "
            f"at {target}, or name a file at hand, dataset.path=…, or another source, "
            "dataset.mirror=…"
        ) from None
    except OSError as error:
        raise DataError(
            f"{name} could not be kept in {folder} ({error.strerror or error}): choose "
            "another folder, dataset.download=…, or name a file at hand, dataset.path=…"
        ) from None
    if found != sha256:
        warnings.warn(
            f"{target} has the sha256 {found} and not the pinned one; it is taken as it is, "
            "because of dataset.verify=false",
            stacklevel=2,
        )
    return target


def _download(address: str, sha256: str, target: Path, verify: bool) -> str:
    """Put the file at `target`; returns its checksum."""
    partial = target.with_name(f"{target.name}.partial")
    if not verify:  # nothing would tell whether what is there belongs to the same file
        partial.unlink(missing_ok=True)
    for again in (True, False):  # what was corrupted on the way is fetched once more, as a whole
        Transfer(address, partial, pinned=verify).run()
        found = _digest(partial)
        if found == sha256 or not verify:
            partial.replace(target)
            return found
        partial.unlink()
        if again:
            say(f"its sha256 is {found}, not the pinned one: fetching it once more")
    raise DataError(
        f"{redact(address)} is not the pinned file: its sha256 is {found}, and {sha256} is "
        "expected. Another version may be published by now: dataset.verify=false takes it as it is."
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on `folder` that ends with the process, whichever way that ends."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another run is downloading to {folder}: waiting for it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            pass  # a file system without locks: the checksum still tells what came of it
        yield
    finally:
        os.close(descriptor)
