"""Workers: processes that take trials from the same studies, each on CPUs of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lrec.base.config import plugins
from lrec.base.config.quotes import in_quotes
from lrec.base.errors import ConfigError, one_line, redact
from lrec.base.machine import cpus
from lrec.commands.composing import Invocation, key_of
from lrec.commands.tune.candidate import Candidate
from lrec.commands.tune.settings import TuneSettings
from lrec.commands.tune.study import Study
from lrec.commands.tune.trial import train_trial

OWN = ("candidates", "workers", "worker", "fresh", "study", "storage", "confirm_seeds", "to")
RESTARTS = 3  # of workers that died, between two finished trials
POLL = 0.5  # seconds
WORDS = "LREC_WORKER"  # environment variable with a worker's command line
# Passwords in it are not for all who can list this machine's processes.
PROGRAM = (
    f"import json, os, sys; sys.argv = json.loads(os.environ['{WORDS}']); "
    "from lrec.cli.main import main; sys.exit(main())"
)


def work(candidate: Candidate, study: Study, tell: Callable[[Study], None]) -> None:
    """Train trials until the budget is spent.

    Args:
        tell: is called after each trial, to show what has been finished.
    """
    while (trial := study.ask()) is not None:
        try:
            job = candidate.job_of(trial)
        except ConfigError as error:  # values that do not go together
            trial.fail(one_line(error))
        else:
            train_trial(trial, job)
        tell(study)


def number_of(settings: TuneSettings, candidate: Candidate) -> tuple[int, str]:
    """Workers for a candidate, as many as asked for or by the model; and the reason, if by it.

    No more than there are trials.
    """
    most = settings.trials if candidate.space.keys else 1
    if settings.workers != "auto":
        return min(settings.workers, most or settings.workers), ""
    n = len(cpus())
    if reason := candidate.job[0].model.one_at_a_time:
        return 1, f"one worker, as {reason}"
    n = min(n, most or n)
    return n, f"{n} workers, as this model's training leaves cores idle" if n > 1 else ""


def work_together(
    n: int,
    settings: TuneSettings,
    invocation: Invocation,
    candidate: Candidate,
    study: Study,
    base: str | None,
    tell: Callable[[Study], None],
) -> None:
    """Let several processes train a study's trials; those that die are started again.

    Args:
        n: how many.
        base: see `open_study`.
        tell: is called again and again, to show what has been finished.

    Raises:
        RuntimeError: workers die one after the other.
    """
    shares, workers = shared_out(cpus(), n), []
    try:
        for k in range(n):
            words = worker_words(settings, invocation, candidate, base, study.folder, k + 1)
            workers.append(Worker(words, shares[k], study.folder / f"worker-{k + 1}.txt"))
        died, finished = 0, -1
        while any(worker.runs for worker in workers) or not study.is_done():
            time.sleep(POLL)
            tell(study)
            if (now := len(study.finished())) > finished:
                died, finished = 0, now
            ended = [worker for worker in workers if not worker.runs]
            if not ended or study.is_done():
                continue
            failed = [worker for worker in ended if worker.process.returncode]
            died += len(failed)
            if died > RESTARTS:
                raise RuntimeError(f"workers die one after the other: {failed[0].complaint}")
            if failed or len(ended) == n:
                for worker in ended:
                    worker.start()
        tell(study)
    finally:
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.wait()


class Worker:
    """A process that trains trials, and ends when this process does.

    Args:
        words: of its command line.
        cpus: of its own, where the system can do that.
        output: file for what it prints.
    """

    process: subprocess.Popen[bytes]

    def __init__(self, words: Sequence[str], cpus: Sequence[int], output: Path) -> None:
        self.words = words
        self.cpus = cpus
        self.output = output
        self.start()

    def start(self) -> None:
        """Start it, or start it again."""
        self.output.parent.mkdir(parents=True, exist_ok=True)
        with on_cpus(self.cpus), self.output.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, "lrec", "tune", self.words[-1]],
                env={**os.environ, WORDS: json.dumps(self.words)},
                stdin=subprocess.PIPE,  # which its end closes
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for this process, which then ends its workers
            )

    @property
    def runs(self) -> bool:
        """True until it ends."""
        return self.process.poll() is None

    @property
    def complaint(self) -> str:
        """Its exit status, and the last line that it printed."""
        text = self.output.read_text(encoding="utf-8", errors="replace").strip()
        last = redact(text.splitlines()[-1]) if text else "it printed nothing"
        return f"exit status {self.process.returncode}, {last} [{self.output}]"

    def end(self) -> None:
        """Tell it to end."""
        if self.runs:
            self.process.terminate()

    def wait(self) -> None:
        """Wait until it has ended, and end it where it does not."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        if self.runs:
            self.process.kill()
            self.process.wait()


def end_with_parent() -> None:
    """End this worker, as by SIGTERM, when the process that started it is gone."""
    if WORDS not in os.environ:
        return  # a launcher's job

    def wait() -> None:
        with contextlib.suppress(OSError):
            os.read(0, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


def worker_words(
    settings: TuneSettings,
    invocation: Invocation,
    candidate: Candidate,
    base: str | None,
    folder: Path,
    number: int,
) -> list[str]:
    """The command line of one worker, with its passwords."""
    overrides = [o for o in invocation.composer.overrides if key_of(o) not in OWN]
    own = [f"candidates=[{in_quotes(candidate.name)}]"]
    own.append(f"hydra.run.dir={in_quotes(str(folder / f'worker-{number}'))}")
    if base is not None:
        own.append(f"study={in_quotes(base)}")
    if settings.storage is not None:
        own.append(f"storage={in_quotes(settings.storage)}")
    return ["lrec", "tune", *plugins.words(), *overrides, *own, f"worker={number}"]


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
