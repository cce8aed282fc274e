"""Files of arrays that are mapped into memory instead of read, and notice every damage."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from lrec.base.array_files import SIZE, is_whole
from lrec.base.arrays import Arrays
from lrec.base.files import whole

ALIGNMENT = 64  # bytes, of every array: what vector instructions like best
LENGTH = 8  # bytes of the header's length, at the beginning


def write_mapped(path: Path, arrays: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
    """Write arrays by name, and plain values, for `read_mapped`.

    The file is a header as JSON after its length, the arrays' bytes, and the digest of all that.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    layout, end = {}, 0
    for name, array in arrays.items():
        start = -(-end // ALIGNMENT) * ALIGNMENT  # behind the header, which is as long as fits
        layout[name] = [array.dtype.str, array.shape, start]
        end = start + array.nbytes
    header = json.dumps({"arrays": layout, "meta": meta}).encode()
    header += b" " * (-(LENGTH + len(header)) % ALIGNMENT)
    digest = hashlib.sha256()
    with whole(path) as partial, partial.open("wb") as file, ThreadPoolExecutor(1) as pool:

        def write(data: Any) -> int:
            pool.submit(digest.update, data)  # in order, beside the writing
            return file.write(data)

        write(len(header).to_bytes(LENGTH, "little"))
        write(header)
        end = 0
        for name, array in arrays.items():
            end += write(b"\0" * (layout[name][2] - end))
            end += write(array.reshape(-1).view(np.uint8).data)
        pool.shutdown()
        file.write(digest.digest())


def read_mapped(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays that `write_mapped` wrote, read-only, and the plain values.

    Raises:
        ValueError: the content is not what was written.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if not is_whole(file):
            raise ValueError("the digest at its end is of other content")
        end = file.tell() - SIZE
        file.seek(0)
        length, header = _header(file.read(LENGTH), file)
    mapped = np.memmap(path, np.uint8, "r", offset=0, shape=(end,))
    arrays: Arrays = {}
    for name, (dtype, shape, start) in header["arrays"].items():
        first = LENGTH + length + start
        size = np.dtype(dtype).itemsize * int(np.prod(shape))
        arrays[name] = np.asarray(mapped[first : first + size]).view(dtype).reshape(shape)
    return arrays, header["meta"]


def read_meta(path: Path) -> dict[str, Any]:
    """The plain values alone, which are not compared with the digest.

    Raises:
        ValueError: there are none.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        meta: dict[str, Any] = _header(file.read(LENGTH), file)[1]["meta"]
    return meta


def _header(length: bytes, file: Any) -> tuple[int, dict[str, Any]]:
    size = int.from_bytes(length, "little")
    if size > os.fstat(file.fileno()).st_size:
        raise ValueError("its header is longer than the file")
    header = json.loads(file.read(size))
    if not isinstance(header, dict) or "meta" not in header:
        raise ValueError("it has no header")
    return size, header
