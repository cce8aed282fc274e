"""Files of arrays that notice every damage: `.npz`, which end in the digest of all before it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lrec.base.arrays import Arrays
from lrec.base.files import whole
from lrec.base.uninterrupted import uninterrupted

SIZE = hashlib.sha256().digest_size  # bytes of the digest, which are the archive's comment
CHUNK = 1 << 20  # bytes read at once


def write_arrays(path: Path, arrays: Mapping[str, Any], compressed: bool = False) -> None:
    """Write arrays by name as `.npz`, none of them pickled."""
    save = np.savez_compressed if compressed else np.savez
    with whole(path) as partial:
        with partial.open("wb") as file, uninterrupted():
            save(file, allow_pickle=False, **arrays)
        with partial.open("r+b") as file:
            _seal(file)


def read_arrays(path: Path, sealed: bool = True) -> Arrays:
    """The arrays that `write_arrays` wrote.

    An archive's own checksums are not enough: they leave out its directory, and numpy stops before
    it compares them where the header of an array promises fewer bytes than there are.

    Args:
        sealed: False for a file of an lrec that wrote no digest.

    Raises:
        ValueError: the content is not what was written.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if sealed and not is_whole(file):
            raise ValueError("the digest at its end is of other content")
        file.seek(0)
        with np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}


def _seal(file: BinaryIO) -> None:
    """Append the digest, as the comment that an archive may end in: its length stands before it."""
    file.seek(-2, os.SEEK_END)
    file.write(SIZE.to_bytes(2, "little"))
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]
    file.write(digest)


def is_whole(file: BinaryIO) -> bool:
    """True if the digest at the end is that of all bytes before it."""
    end = file.seek(0, os.SEEK_END) - SIZE
    file.seek(0)
    digest = hashlib.sha256()
    for start in range(0, end, CHUNK):
        digest.update(file.read(min(CHUNK, end - start)))
    return end > 0 and file.read() == digest.digest()
