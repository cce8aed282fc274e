"""Upkeep of the cache of prepared data: its size limit, and the people in it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lrec.base.arrays import Strings
from lrec.base.errors import ConfigError, shown

VARIABLE = "LREC_CACHE_SIZE"
UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
DEFAULT = "20GB"
NAME = re.compile(r"[0-9a-f]{64}\.npz")  # of prepared data: the folder may hold other files


def prepared_files(folder: Path) -> list[Path]:
    """The prepared data in a cache folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))


def size_limit() -> int:
    """Bytes that prepared data may take: `$LREC_CACHE_SIZE`, or 20 GB.

    Raises:
        ConfigError: it is no size.
    """
    given = os.environ.get(VARIABLE) or DEFAULT
    found = re.fullmatch(r"(\d{1,15}(?:\.\d+)?)\s*([KMGT]?B|)", given.strip().upper())
    if not found or (found[2] == "B"):
        raise ConfigError(
            f"{VARIABLE} must be a size, such as 500MB or 20GB. Received: {shown(given)}"
        )
    return int(float(found[1]) * UNITS[found[2]])


def limit_size(used: Path) -> None:
    """Remove the prepared data that was not used for longest, until the rest fits the limit.

    Args:
        used: what was read or written now; it stays, and counts as the newest.

    Raises:
        ConfigError: the limit is no size.
    """
    limit = size_limit()
    removed = []
    with contextlib.suppress(OSError):  # of a folder that cannot be written, or another process
        os.utime(used)
        files = [(path, path.stat()) for path in prepared_files(used.parent)]
        total = sum(stat.st_size for _, stat in files)
        for path, stat in sorted(files, key=lambda file: file[1].st_mtime_ns):
            if total <= limit:
                break
            if path != used:
                path.unlink(missing_ok=True)
                total -= stat.st_size
                removed.append(stat.st_size)
    if removed:
        warnings.warn(
            f"the cache was larger than {VARIABLE}={os.environ.get(VARIABLE) or DEFAULT}: the "
            f"oldest {len(removed)} of its prepared data sets ({sum(removed) / 1e6:,.1f} MB) were "
            "removed, and are prepared again when they are needed",
            stacklevel=3,
        )


def prepared_with(folder: Path, users: Strings) -> Iterator[tuple[Path, str]]:
    """The prepared data that holds one of the users, and the digest of its content.

    What cannot be read counts as such, with an empty digest: it can be prepared again.
    """
    for path in prepared_files(folder):
        try:
            with np.load(path, allow_pickle=False) as stored:
                known, digest = stored["user_ids"], json.loads(str(stored["meta"]))["digest"]
        except Exception:
            yield path, ""
            continue
        if np.isin(users, known).any():
            yield path, str(digest)
