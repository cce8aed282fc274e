"""Commands that are killed at a step of their progress: a file or a statement of a database."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helpers import forked

CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.copyfile")
WRITES = os.O_WRONLY | os.O_RDWR


def steps(folder: Path, *arguments: str, **environment: str) -> int:
    """Run a command to its end; the number of its steps."""
    with tempfile.TemporaryDirectory() as written:
        count = Path(written) / "count"
        assert _run(folder, arguments, environment, 0, count) == 0
        return int(count.read_text())


def kill(folder: Path, step: int, *arguments: str, **environment: str) -> bool:
    """Run a command that is killed before one of its steps; False if it ended before."""
    with tempfile.TemporaryDirectory() as written:
        code = _run(folder, arguments, environment, step, Path(written) / "count")
    return code == -signal.SIGKILL


def _run(
    folder: Path, arguments: tuple[str, ...], environment: Mapping[str, str], step: int, count: Path
) -> int | None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "COMP_"))}
    process = forked.start(_deadly, step, count, arguments, folder, kept | dict(environment))
    process.join(200)
    return process.exitcode


def _deadly(
    step: int, count: Path, arguments: tuple[str, ...], folder: Path, environment: dict[str, str]
) -> None:
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    done = 0

    def progress() -> None:
        nonlocal done
        done += 1
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def audited(name: str, details: tuple[Any, ...]) -> None:
        inside = name in CHANGES or (name == "open" and bool((details[2] or 0) & WRITES))
        if inside and str(folder) in os.path.abspath(os.fsdecode(details[0])):
            progress()

    def executed(*_: object) -> None:
        progress()

    os.chdir(folder)
    event.listen(Engine, "before_cursor_execute", executed)
    sys.addaudithook(lambda name, details: audited(name, details) if _is_path(details) else None)
    try:
        forked.command(arguments, folder, environment, count.parent / "out", count.parent / "err")
    finally:
        count.write_text(str(done))


def _is_path(details: tuple[Any, ...]) -> bool:
    return bool(details) and isinstance(details[0], str | bytes | os.PathLike)
