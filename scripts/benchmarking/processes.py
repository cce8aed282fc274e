"""Processes whose seconds and peak memory are measured, in this checkout and in others."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[2]  # this checkout
PEERS = HERE / "scripts" / "peers"
LREC = Path(sys.executable).parent / "lrec"
TICK = 0.02  # seconds between looks at a process


@dataclass(frozen=True)
class Ended:
    """A process that has ended.

    Attributes:
        code: exit status; negative after a signal.
        late: True if it was ended because it had reached its limit.
        seconds: from its start to its end.
        peak: bytes of memory at most; 0 where the system does not tell.
        out, err: what it printed.
    """

    code: int
    late: bool
    seconds: float
    peak: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The last line of its standard error."""
        return (self.err.strip().splitlines() or [""])[-1]


def run(
    command: Sequence[str | Path],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    limit: float = math.inf,
) -> Ended:
    """Run a program to its end, or to its limit in seconds.

    The peak is the process's own high-water mark. That of its resources, which the system reports
    at the end, begins at the size of the process that started it.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start, peak, late = time.perf_counter(), 0, False
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=out,
            stderr=err,
        )
        try:
            while process.poll() is None:
                peak = max(peak, high_water(process.pid))
                if time.perf_counter() - start > limit:
                    late = True
                    process.kill()
                time.sleep(TICK)
        finally:
            process.kill()
            process.wait()
        seconds = time.perf_counter() - start
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return Ended(process.returncode, late, seconds, peak, *texts)


def high_water(process: int | str = "self") -> int:
    """The most memory that a process has had, in bytes; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def run_json(
    python: str | Path,
    script: str | Path,
    *options: str,
    environment: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The last line that a script prints, which is JSON, and its peak memory.

    Each side of a benchmark is a process of its own: none inherits the other's memory.

    Raises:
        RuntimeError: the script failed.
    """
    done = run([python, script, *options], environment=environment)
    if done.code:
        raise RuntimeError(f"{Path(script).name} ended with {done.code}: {done.complaint}")
    result: dict[str, Any] = json.loads(done.out.splitlines()[-1])
    return result | {"peak": done.peak}


def of_checkout(checkout: Path) -> dict[str, str]:
    """The environment in which Python imports lrec from a checkout, whichever is installed.

    Raises:
        ValueError: the folder has no lrec.
    """
    checkout = checkout.resolve()
    environment = {"PYTHONPATH": str(checkout)}
    command = [sys.executable, "-P", "-c", "import lrec; print(lrec.__file__)"]
    found = run(command, environment=environment)
    if found.code or not Path(found.out.strip()).is_relative_to(checkout):
        raise ValueError(f"{checkout} is no checkout of lrec: Python imports {found.out.strip()!r}")
    return environment


@cache
def revision(checkout: Path) -> str:
    """The commit of a checkout, with a plus sign if files differ from it."""
    words = ("describe", "--always", "--abbrev=10", "--exclude=*", "--dirty=+")
    return run(["git", "-C", checkout, *words]).out.strip() or "unknown"
