"""Workers of a study that train nothing, but take as long and report as often as they are told."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from helpers.studies import NAME, study_of
from lrec.base.uninterrupted import TERMINATED
from lrec.commands.tune import workers
from lrec.commands.tune.budget import Budget
from lrec.commands.tune.storage import open_storage
from lrec.commands.tune.study import Study
from lrec.commands.tune.workers import WORDS, end_with_parent, work_together

EPOCHS = 6  # of a trial
PROGRAM = "from helpers import study_workers; study_workers.main()"


def opened(folder: Path, budget: list[Any]) -> Study:
    """The study that all of them share."""
    storage = open_storage(str(folder / "journal"))
    return study_of(storage, budget=Budget(*budget), folder=folder / "trials", pruner="none")


def main() -> None:
    """Work as `lrec tune worker=…` does; each worker's process is in a file of its own."""
    folder, budget, pace = json.loads(os.environ["STUDY"])
    words = json.loads(os.environ[WORDS])
    Path(folder, words[-1]).write_text(str(os.getpid()))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    end_with_parent()
    study = opened(Path(folder), budget)
    try:
        while (trial := study.ask()) is not None:
            done = int(json.loads(trial.trial.user_attrs.get("spent", "[0, 0, 1]"))[1])
            for epoch in range(done + 1, EPOCHS + 1):
                time.sleep(pace)
                trial.spend(epoch / 10, epoch, 1)
                if trial.is_over_budget():
                    break
            trial.finish({NAME: 0.5}, None)
    except SystemExit:
        trial.release()  # type: ignore[union-attr]
        raise


def together(
    folder: Path, budget: list[Any], pace: float, tell: Callable[[Study], None] = lambda _: None
) -> None:
    """Let workers like that spend a budget."""
    workers.PROGRAM = PROGRAM
    os.environ["STUDY"] = json.dumps([str(folder), budget, pace])
    settings: Any = SimpleNamespace(storage="postgresql://me:secret@host/db")
    invocation: Any = SimpleNamespace(composer=SimpleNamespace(overrides=["model=vae"]))
    candidate: Any = SimpleNamespace(name="vae")
    study = opened(folder, budget)
    work_together(2, settings, invocation, candidate, study, None, tell)


if __name__ == "__main__":
    together(Path(sys.argv[1]), json.loads(sys.argv[2]), float(sys.argv[3]))
