"""Commands in processes of their own that need not import what all of them import.

They are forked from a process that has done so: importing TensorFlow and MLflow takes longer than
most commands of the tests run.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from lrec.base.silence import silenced

FIGURES = "LREC_TEST_FIGURES"  # "drawn" draws them, which takes a third of a short training
TESTS = Path(__file__).parents[1]


def run(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], seconds: float
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of `lrec`.

    Raises:
        TimeoutError: it takes longer than that.
    """
    with tempfile.TemporaryDirectory() as written:
        out, err = Path(written) / "out", Path(written) / "err"
        process = start(command, arguments, folder, dict(environment), out, err)
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"lrec {' '.join(arguments)}: {out.read_text()}{err.read_text()}")
        return process.exitcode, out.read_text(), err.read_text()


class Forked:
    """A command in a forked process, with as much of `subprocess.Popen` as tests need.

    Args:
        folder: for what it prints.
    """

    def __init__(
        self, arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path
    ) -> None:
        self._out, self._err = folder / "forked.out", folder / "forked.err"
        self._process = start(command, arguments, folder, dict(environment), self._out, self._err)

    def wait_for(self, words: str, seconds: float = 60) -> None:
        """Wait until it has printed these words."""
        end = time.monotonic() + seconds
        while not (self._out.exists() and words in self._out.read_text()):
            assert self._process.is_alive(), self._err.read_text()
            assert time.monotonic() < end, f"no {words!r} within {seconds} seconds"
            time.sleep(0.05)

    def send_signal(self, number: int) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait until it ends; standard output and standard error."""
        self._process.join(timeout)
        return self._out.read_text(), self._err.read_text()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


class Script:
    """A program of some lines in a forked process, as `python -c` would run it.

    Args:
        code: the program.
        arguments: `sys.argv[1:]`.
        folder: for what it prints.
    """

    def __init__(self, code: str, arguments: Sequence[str], folder: Path) -> None:
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as out:
            self._out = Path(out.name)
        self._err = self._out.with_suffix(".err")
        self.process = start(_execute, code, list(arguments), self._out, self._err)

    def wait(self, seconds: float) -> tuple[int | None, str, str]:
        """Exit status (None if it still runs), standard output and standard error."""
        self.process.join(seconds)
        return self.process.exitcode, self._out.read_text(), self._err.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


def _execute(code: str, arguments: list[str], out: Path, err: Path) -> None:
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["-c", *arguments]
    exec(code, {"__name__": "__main__"})


def shared_folder(temporary: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a session share."""
    base = temporary.getbasetemp()
    return base if os.environ.get("PYTEST_XDIST_WORKER") is None else base.parent


def make_store(path: Path) -> None:
    """Use an MLflow store for the first time, which makes its tables."""
    process = start(_search_experiments, f"sqlite:///{path}")
    process.join()
    assert process.exitcode == 0


def start(function: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Call a function in a forked process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["helpers.preloaded"])
    process = context.Process(target=function, args=arguments)
    with silenced(), pytest.MonkeyPatch.context() as patch:  # imports chatter
        patch.setenv("PYTHONPATH", f"{TESTS}:{TESTS.parent}")  # of what it has to preload
        process.start()
    return process


def _search_experiments(address: str) -> None:
    import mlflow

    os.environ["MLFLOW_TRACKING_URI"] = address
    mlflow.search_experiments()


def leave_out_figures() -> None:
    """Write an empty picture for each figure."""
    from lrec.commands.compare import paper_figures
    from lrec.reporting import figures

    def blank(figure: object, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x89PNG\r\n\x1a\n")

    def blanks(figure: object, paths: Sequence[Path]) -> None:
        for path in paths:
            path.touch()

    figures._save = blank
    paper_figures.save = blanks


def command(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], out: Path, err: Path
) -> None:
    """Run in the forked process."""
    from lrec.cli.main import main

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if environment.get(FIGURES) != "drawn":
        leave_out_figures()
    if "PYTHONUNBUFFERED" in environment:
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.argv = ["lrec", *arguments]
    try:
        sys.exit(main())
    finally:
        atexit._run_exitfuncs()  # a forked process leaves without them
