"""The real command line, and what a test gets of it."""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from helpers import forked
from helpers.printed_commands import check_command, printed_commands
from lrec.model.common.protocols import StatelessCallback

LREC = Path(sys.executable).parent / "lrec"
N_USERS, N_ITEMS = 60, 40


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    rc: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """Standard error, which has to be one line."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


class SilentCallback(StatelessCallback):
    """Watches training without a word."""

    wants_steps = False

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        raise AssertionError("nobody asked for steps")

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        return math.nan


class CommandLine:
    """Runs `lrec` in a folder, as a person would.

    Args:
        store: an MLflow store that has been used once.
    """

    def __init__(self, store: Path) -> None:
        self.store = store

    def give_store(self, folder: Path) -> None:
        """Spare commands in a folder the seconds that the first use of a store takes."""
        shutil.copy(self.store, folder / "mlflow.db")

    def __call__(self, folder: Path, *arguments: str, **environment: str) -> Answer:
        """In a process that has its libraries imported; what it says to run next can be run."""
        answer = Answer(*forked.run(arguments, folder, plain() | environment, 200))
        for words in printed_commands(answer.out):
            check_command(words)
        return answer

    def program(self, folder: Path, *arguments: str, **environment: str) -> Answer:
        """As it is installed."""
        with self.start(folder, *arguments, **environment) as process:
            out, err = process.communicate(timeout=200)
        return Answer(process.returncode, out, err)

    def start(self, folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [LREC, *arguments],
            cwd=folder,
            env=plain() | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # a parent in the background may have told its children to ignore Ctrl-C
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )


def plain() -> dict[str, str]:
    """The environment without what tests or shells have said to MLflow and to completion."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "COMP_"))}
