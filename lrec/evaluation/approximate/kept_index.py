"""HNSW indices of large catalogues, kept beside the prepared data: building one takes a minute."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.array_files import read_arrays, write_arrays
from lrec.base.arrays import Floats
from lrec.base.files import digest_of_values
from lrec.data import cache, cache_upkeep

if TYPE_CHECKING:
    from voyager import Index

SMALLEST = 20_000  # items: an index of fewer is built in seconds


def kept_index(
    vectors: Floats, settings: dict[str, int], build: Callable[[], Index]
) -> tuple[Index, bool]:
    """The index of vectors, from the cache where it was built before, or built and kept there.

    Args:
        settings: all else that shapes the index.

    Returns:
        The index, and True if it was not built now.
    """
    if len(vectors) < SMALLEST:
        return build(), False
    path = cache.folder(None) / f"{_key(vectors, settings)}{cache_upkeep.INDEX}"
    index = _load(path)
    is_kept = index is not None
    if index is None:
        index = build()
        _store(path, index)
    cache_upkeep.limit_size(path)
    return index, is_kept


def _key(vectors: Floats, settings: dict[str, int]) -> str:
    content = hashlib.sha256(np.ascontiguousarray(vectors).data).hexdigest()
    return digest_of_values([content, list(vectors.shape), settings, version("voyager")])


def _store(path: Path, index: Index) -> None:
    """Write an index, sealed; a failure only warns."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(path, {"index": np.frombuffer(index.as_bytes(), np.uint8)})
    except OSError as error:
        warnings.warn(f"the index could not be kept in {path.parent} ({error})", stacklevel=3)


def _load(path: Path) -> Index | None:
    """Read a kept index, or None where there is none or it is damaged (then it is removed)."""
    from voyager import Index

    if not path.exists():
        return None
    try:
        return Index.load(BytesIO(read_arrays(path)["index"].tobytes()))
    except (OSError, ValueError, KeyError):
        path.unlink(missing_ok=True)
        return None
