"""Published files, downloaded once and used only when their checksum fits."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lrec.base.errors import DataError, redact
from lrec.base.files import digest_of_file
from lrec.data.download.transfer import BrokenError, Transfer, say


def fetch(
    address: str, sha256: str, folder: Path, mirror: str | None = None, verify: bool = True
) -> Path:
    """The file of an address in `folder`; downloaded, unless it is there already.

    Received bytes lie in `<name>.partial` until their checksum fits, and the next run resumes an
    interrupted download. Of two processes, one downloads and the other waits.

    Args:
        sha256: of the file's bytes, in hex.
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
            received = digest_of_file(target) if target.exists() else None
            if received != sha256 and (verify or received is None):
                received = _download(address, sha256, target, verify)
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
    if received != sha256:
        warnings.warn(
            f"{target} has the sha256 {received} and not the pinned one; it is taken as it is, "
            "because of dataset.verify=false",
            stacklevel=2,
        )
    return target


def _download(address: str, sha256: str, target: Path, verify: bool) -> str:
    """Put the file at `target`; returns its checksum."""
    partial = target.with_name(f"{target.name}.partial")
    if not verify:  # without a checksum, what is there may belong to another file
        partial.unlink(missing_ok=True)
    for again in (True, False):  # a corrupted download is fetched once more, as a whole
        Transfer(address, partial, pinned=verify).run()
        received = digest_of_file(partial)
        if received == sha256 or not verify:
            partial.replace(target)
            return received
        partial.unlink()
        if again:
            say(f"its sha256 is {received}, not the pinned one: fetching it once more")
    raise DataError(
        f"{redact(address)} is not the pinned file: its sha256 is {received}, and {sha256} is "
        "expected. Another version may be published by now: dataset.verify=false takes it as it is."
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock on `folder`, by a file beside it, that ends with the process."""
    lock = FileLock(f"{folder}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say(f"another run is downloading to {folder}: waiting for it")
        lock.acquire()
    except (OSError, NotImplementedError):
        pass  # no locks, or nothing can be written, there: the checksum still decides
    try:
        yield
    finally:
        lock.release()
