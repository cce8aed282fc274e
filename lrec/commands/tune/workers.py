"""Workers: processes that take trials from the same studies, each on CPUs of its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lrec.base.config.quotes import in_quotes
from lrec.base.errors import ConfigError, one_line
from lrec.commands.composing import Invocation, key_of
from lrec.commands.tune.candidate import Candidate
from lrec.commands.tune.settings import TuneSettings
from lrec.commands.tune.study import Study
from lrec.commands.tune.trial import train_trial

OWN = ("candidates", "workers", "worker", "fresh", "study", "storage", "confirm_seeds", "to")
RESTARTS = 3  # of workers that died, between two finished trials
POLL = 0.5  # seconds


def work(candidate: Candidate, study: Study, tell: Callable[[int, str], None]) -> None:
    """Train trials until the budget is spent.

    Args:
        tell: is given each trial's number and a line on how it went.
    """
    while (trial := study.ask()) is not None:
        try:
            job = candidate.job_of(trial)
        except ConfigError as error:  # values that do not go together
            trial.fail(one_line(error))
            tell(trial.number, f"failed: {one_line(error)}")
            continue
        tell(trial.number, train_trial(trial, job))


def number_of(settings: TuneSettings, candidate: Candidate) -> int:
    """Workers for a candidate: as many as asked for, or by the model."""
    if settings.workers != "auto":
        return settings.workers
    model = candidate.job[0].model
    return 1 if model.is_baseline else len(cpus())


def cpus() -> list[int]:
    """CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def work_together(
    settings: TuneSettings,
    invocation: Invocation,
    candidate: Candidate,
    study: Study,
    base: str | None,
    tell: Callable[[Study], None],
) -> None:
    """Let several processes train a study's trials; those that die are started again.

    Args:
        base: see `open_study`.
        tell: is called again and again, to show what has been finished.

    Raises:
        RuntimeError: workers die one after the other.
    """
    n, folder = number_of(settings, candidate), study.folder
    commands = [
        worker_command(settings, invocation, candidate, base, folder / f"worker-{k}", k)
        for k in range(1, n + 1)
    ]
    shares = shared_out(cpus(), n)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for k, command in enumerate(commands):
            processes.append(start(command, shares[k], folder / f"worker-{k + 1}.txt"))
        died, finished = 0, -1
        while any(process.poll() is None for process in processes):
            time.sleep(POLL)
            tell(study)
            if (now := len(study.finished())) > finished:
                died, finished = 0, now
            for k, process in enumerate(processes):
                if process.poll() and not study.budget.is_spent(study.counted()):
                    died += 1
                    if died > RESTARTS:
                        raise RuntimeError(
                            f"workers die one after the other (exit status {process.returncode}): "
                            f"see {folder}/worker-{k + 1}.txt. The same command goes on."
                        )
                    processes[k] = start(commands[k], shares[k], folder / f"worker-{k + 1}.txt")
        tell(study)
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            if process.poll() is None:
                process.kill()


def worker_command(
    settings: TuneSettings,
    invocation: Invocation,
    candidate: Candidate,
    base: str | None,
    folder: Path,
    number: int,
) -> list[str]:
    """The command line of one worker."""
    overrides = [o for o in invocation.config.overrides if key_of(o) not in OWN]
    own = [
        f"candidates=[{in_quotes(candidate.name, chr(39))}]",
        f"worker={number}",
        f"hydra.run.dir={in_quotes(str(folder), chr(39))}",
    ]
    if base is not None:
        own.append(f"study={in_quotes(base, chr(39))}")
    if settings.storage is not None:
        own.append(f"storage={in_quotes(settings.storage, chr(39))}")
    return [sys.executable, "-m", "lrec", "tune", *overrides, *own]


def start(command: Sequence[str], cpus: Sequence[int], output: Path) -> subprocess.Popen[bytes]:
    """Start a worker on CPUs of its own, where the system can do that."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with on_cpus(cpus), output.open("ab") as file:
        return subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)


@contextlib.contextmanager
def on_cpus(cpus: Sequence[int]) -> Iterator[None]:
    """Let processes that are started meanwhile use these CPUs only."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def shared_out(cpus: Sequence[int], n: int) -> list[list[int]]:
    """CPUs for each of n workers, in turn; one each where there are fewer than workers.

    >>> shared_out([0, 1, 2, 3, 4], 2)
    [[0, 2, 4], [1, 3]]
    >>> shared_out([0, 1], 3)
    [[0], [1], [0]]
    """
    return [list(cpus[k::n]) or [cpus[k % len(cpus)]] for k in range(n)]
