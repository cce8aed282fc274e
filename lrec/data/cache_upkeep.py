"""Upkeep of the cache of prepared data: its size limit, and the people in it."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lrec.base.arrays import Strings
from lrec.base.errors import ConfigError, shown
from lrec.base.mapped_arrays import read_mapped, read_meta
from lrec.base.sets import is_among

VARIABLE = "LREC_CACHE_SIZE"
UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
DEFAULT = "20GB"
DATA, SPLIT = (".data", ".npz"), ".split"  # of prepared data (of an earlier lrec), and its splits
INDEX = ".index"  # of item vectors, for approximate search
NAME = re.compile(r"[0-9a-f]{64}")  # of all: the folder may hold other files


def prepared_files(folder: Path, kinds: Sequence[str] = DATA) -> list[Path]:
    """The prepared data in a cache folder, or files of other kinds."""
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.iterdir() if path.suffix in kinds and NAME.fullmatch(path.stem)
    )


def size_limit() -> int:
    """Bytes that prepared data, splits and indices may take: `$LREC_CACHE_SIZE`, or 20 GB.

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
    """Remove what was not used for longest, splits and indices first, until all fits the limit.

    A split is made again in a fraction of the time that its data takes.

    Args:
        used: what was read or written now, and counts as the newest; data stays.

    Raises:
        ConfigError: the limit is no size.
    """
    limit = size_limit()
    removed = []
    with contextlib.suppress(OSError):  # of a folder that cannot be written, or another process
        os.utime(used)
        kinds = (prepared_files(used.parent, kind) for kind in ([SPLIT, INDEX], DATA))
        files = [[(path, path.stat()) for path in paths] for paths in kinds]
        total = sum(stat.st_size for kind in files for _, stat in kind)
        for path, stat in (file for kind in files for file in sorted(kind, key=_last_use)):
            if total <= limit:
                break
            if path != used or path.suffix not in DATA:
                path.unlink(missing_ok=True)
                total -= stat.st_size
                removed += [stat.st_size] if path.suffix in DATA else []
    if removed:
        warnings.warn(
            f"the cache was larger than {VARIABLE}={os.environ.get(VARIABLE) or DEFAULT}: the "
            f"oldest {len(removed)} of its prepared data sets ({sum(removed) / 1e6:,.1f} MB) were "
            "removed, and are prepared again when they are needed",
            stacklevel=3,
        )


def _last_use(file: tuple[Path, os.stat_result]) -> int:
    return file[1].st_mtime_ns


def splits_without_data(folder: Path, removed: Iterable[Path]) -> list[Path]:
    """The kept splits of data that is not in the folder any more, once some of it is removed."""
    gone = set(removed)
    left = {_value(path, "digest") for path in prepared_files(folder) if path not in gone}
    splits = prepared_files(folder, [SPLIT])
    return [path for path in splits if _value(path, "data") not in left - {""}]


def _value(path: Path, name: str) -> str:
    """A plain value of a file; empty where it cannot be read."""
    try:
        return str(read_meta(path)[name])
    except (OSError, ValueError, KeyError):
        return ""


def prepared_with(folder: Path, users: Strings) -> Iterator[tuple[Path, str]]:
    """The prepared data that holds one of the users, and the digest of its content.

    What cannot be read counts as such, with an empty digest: it can be prepared again.
    """
    for path in prepared_files(folder):
        try:
            arrays, meta = read_mapped(path)
        except (OSError, ValueError):
            yield path, ""
            continue
        if is_among(users, arrays["user_ids"]).any():
            yield path, str(meta["digest"])
