"""Signs of life of the process that trains a trial, for those that would take it over."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

INTERVAL = 30.0  # seconds between signs of life
LOST = 900.0  # seconds without one after which a process elsewhere counts as gone: longer than a
# storage may be away, or the first process that is back would take over the trials of all others


def own_name() -> str:
    """This process by machine, number and start, which no other process ever had."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def is_alive(owner: str, seen: float, now: float) -> bool:
    """True unless a process is known to be gone, or has not been heard of for long.

    Args:
        owner: see `own_name`.
        seen: time of its last sign of life.
        now: the time.
    """
    machine, pid, started = owner.rsplit(":", 2)
    if machine == _machine():
        return started != "" and _started(int(pid)) == started
    return now - seen < LOST


@contextmanager
def beating(beat: Callable[[float], None]) -> Iterator[None]:
    """Give a sign of life every half minute meanwhile.

    Args:
        beat: is given the time; its errors are none, as the next sign may get through.
    """
    over = threading.Event()

    def loop() -> None:
        while not over.wait(INTERVAL):
            try:
                beat(time.time())
            except Exception:
                continue

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5)


def _machine() -> str:
    """The host's name and, as containers may share it, the space that process numbers are of."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return f"{socket.gethostname()} {space}".strip()


def _started(pid: int) -> str:
    """The start of a process of this machine, in ticks since boot; empty if there is none.

    Where the system does not say, its number has to do.
    """
    if not Path("/proc/self/stat").exists():
        with contextlib.suppress(PermissionError):  # somebody else's process is one too
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return ""
        return "running"
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state == "Z" else rest[18]
