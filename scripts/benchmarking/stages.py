"""Run one command of lrec, and write down the seconds of its stages.

    python -P scripts/benchmarking/stages.py OUT.json train model=popularity …

It wraps functions of whichever lrec Python imports, an older checkout's too, and imports nothing
else of the benchmarks. A stage's seconds are its own, without those of stages within it; a stage in
LEAVES counts as a whole.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

BEGUN = time.perf_counter()
EXPERIMENT = "lrec.commands.train.experiment"
START, TRAINING = "start", "training"
# Of several functions of a stage, those that this lrec has are watched.
STAGES = {
    "loading": [f"{EXPERIMENT}:load"],
    "splitting": ["lrec.data.split:Splitter.__call__"],
    "buckets and bias": ["lrec.evaluation.evaluator:Evaluator.__init__"],
    "validation": ["lrec.evaluation.evaluator:Evaluator.validate"],
    "references": [
        "lrec.commands.train.kept_references:references",
        "lrec.evaluation.evaluator:Evaluator.references",
    ],
    "ranking": ["lrec.evaluation.ranking:Ranker.__call__"],
    "metrics": [
        "lrec.evaluation.evaluator:user_table",
        "lrec.evaluation.evaluator:summarise",
    ],
    "logging": [
        f"lrec.commands.train.run_logging:log_{what}"
        for what in ("config", "data", "training", "result", "model", "curves", "figures")
    ],
}
LEAVES = ("validation", "references")


class Clock:
    """The seconds of stages.

    Attributes:
        seconds: of each stage, its own.
        waits: of each job, from its begin to that of its training; the first begins with Python.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.waits: list[float] = []
        self.open: list[list[Any]] = []  # name and the seconds of stages within
        self.job = BEGUN

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        inside = bool(self.open) and self.open[-1][0] in LEAVES
        if inside or threading.current_thread() is not threading.main_thread():
            yield
            return
        start = time.perf_counter()
        self.open.append([name, 0.0])
        try:
            yield
        finally:
            took = time.perf_counter() - start
            self.seconds[name] += took - self.open.pop()[1]
            if self.open:
                self.open[-1][1] += took

    def watch(self, owner: Any, attribute: str, name: str) -> None:
        """Count calls of a function as a stage."""
        function = getattr(owner, attribute)

        @functools.wraps(function)
        def timed(*values: Any, **named: Any) -> Any:
            if name == TRAINING and all(name != one for one, _ in self.open):
                self.waits.append(time.perf_counter() - self.job)
            with self.stage(name):
                return function(*values, **named)

        setattr(owner, attribute, timed)

    def watch_jobs(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """The function that runs a job, whose model is only known when it is called."""
        watched: set[type] = set()

        @functools.wraps(run)
        def timed(settings: Any, *values: Any, **named: Any) -> Any:
            self.seconds.setdefault(START, time.perf_counter() - BEGUN)
            kind = type(settings.model)
            if kind not in watched:
                watched.add(kind)
                self.watch(kind, "fit", TRAINING)
            try:
                return run(settings, *values, **named)
            finally:
                self.job = time.perf_counter()

        return timed


def watch(clock: Clock) -> list[str]:
    """Watch all stages; returns the functions that this lrec does not have."""
    missing = []
    for name, places in STAGES.items():
        for place in places:
            module, _, path = place.partition(":")
            *owners, attribute = path.split(".")
            try:
                owner = functools.reduce(getattr, owners, importlib.import_module(module))
                clock.watch(owner, attribute, name)
            except (ImportError, AttributeError):
                missing.append(place)
    experiment = importlib.import_module(EXPERIMENT)
    experiment.run = clock.watch_jobs(experiment.run)  # type: ignore[attr-defined]
    return missing


def main() -> int:
    out, *words = sys.argv[1:]
    clock = Clock()
    watch(clock)
    from lrec.cli.main import main as lrec

    sys.argv = ["lrec", *words]
    try:
        return int(lrec())
    finally:
        seconds = time.perf_counter() - BEGUN
        rest = {"rest": seconds - sum(clock.seconds.values())}
        told = {"stages": {**clock.seconds, **rest}, "waits": clock.waits}
        Path(out).write_text(json.dumps(told))


if __name__ == "__main__":
    sys.exit(main())
