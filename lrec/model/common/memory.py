"""Memory that a model needs, beside what this machine has free."""

from __future__ import annotations

import os
from pathlib import Path

from lrec.base.errors import DataError
from lrec.model.common.protocols import Callback, StatelessCallback

WORTH_A_LINE = 2**28  # bytes: less is not said
CGROUP = Path("/sys/fs/cgroup")
V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
V2 = ("memory.max", "memory.current", "inactive_file")
CONTAINER = ((CGROUP, *V2), (CGROUP / "memory", *V1))  # its limit, use, and cached files within
SHARE = 2 / 3  # of the free memory: the rest is for data, evaluation and other programs


def check_memory(
    model: str,
    needed: float,
    n_items: int,
    instead: str,
    callback: Callback | StatelessCallback,
) -> None:
    """State the memory of a model, or refuse one that this machine cannot hold, before it starts.

    Args:
        model: its name.
        needed: bytes that it takes at its peak.
        n_items: of the catalogue.
        instead: a clause behind "Use", with what does fit.
        callback: shows the line.

    Raises:
        DataError: it is more than two thirds of what is free.
    """
    free = available_memory()
    if needed > SHARE * free:
        raise DataError(
            f"model={model} needs {_gib(needed)} of memory for {n_items:,} items, and "
            f"{_gib(free)} are free, of which a model may take two thirds. Use {instead}."
        )
    if needed > WORTH_A_LINE:
        beside = "" if free == float("inf") else f" of {_gib(free)} that are free"
        callback.say(f"model={model} takes {_gib(needed)} of memory{beside}, for {n_items:,} items")


def available_memory() -> float:
    """Bytes that can still be used, by the system's own estimate; infinite where it has none."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        fields = dict(line.split(":") for line in meminfo.read_text().splitlines())
        return min(int(fields["MemAvailable"].split()[0]) * 1024.0, _left_to_container())
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return float("inf")


def _left_to_container() -> float:
    """Bytes up to the limit of this container; cached files, which can be dropped, do not count."""
    left = float("inf")
    for folder, most, now, cached in CONTAINER:
        try:
            limit, used = (int((folder / name).read_text()) for name in (most, now))
            counts = (line.split() for line in (folder / "memory.stat").read_text().splitlines())
            left = min(left, limit - used + int(dict(counts)[cached]))
        except (OSError, ValueError, KeyError):  # no such folder, or "max", which is no limit
            continue
    return left


def _gib(size: float) -> str:
    return f"{size / 2**30:.1f} GiB"
