"""A trial: one training run, validated after each epoch and ended early if it lags behind."""

from __future__ import annotations

import contextlib
import json
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.errors import one_line, redact
from lrec.base.files import named
from lrec.commands.composing import Job
from lrec.commands.settings import Monitor
from lrec.commands.train import experiment
from lrec.commands.train.callbacks import StopTraining
from lrec.commands.tune.ownership import beating
from lrec.commands.tune.results import user_values
from lrec.commands.tune.study import StudyTrial
from lrec.tracking import JOURNAL

if TYPE_CHECKING:
    import pandas as pd

PRUNED = "pruned"
OUTPUT = "output.txt"  # in a trial's folder: what it would print


class TrialObserver:
    """Reports each evaluation to the study, and ends training when the study says so.

    Args:
        monitor: the metric that is reported.

    Attributes:
        curve: epoch, seconds and monitored value of each evaluation.
        reason: that training was ended for; None if it was not.
    """

    def __init__(self, trial: StudyTrial, monitor: Monitor) -> None:
        self.trial = trial
        self.monitor = monitor
        self.curve: list[tuple[float, float, float]] = []
        self.reason: str | None = None
        others = [one for one in trial.study.counted() if one.number != trial.number]
        self.seconds_left, self.epochs_left = trial.study.budget.left(others)

    def on_best(self, users: pd.DataFrame) -> None:
        user_values.write(self.trial.folder, users, self.trial.study.objectives)

    def files(self) -> list[Path]:
        path = self.trial.folder / user_values.FILE
        return [path] if self.reason != PRUNED and path.exists() else []

    def on_validation(self, history: Sequence[Mapping[str, float]], seconds: float) -> None:
        for row in history[len(self.curve) :]:
            value, epoch = row[self.monitor.name], int(row["epoch"])
            self.curve.append((epoch, round(seconds, 3), value))
            best = max(self.monitor.sign * row[2] for row in self.curve)
            self.trial.report(self.monitor.sign * best, epoch)
        epoch = int(history[-1]["epoch"])
        self.spend(seconds, epoch)
        if seconds >= self.seconds_left or epoch >= self.epochs_left:
            self._stop("the budget was spent")
        if self.trial.should_prune():
            (self.trial.folder / user_values.FILE).unlink(missing_ok=True)
            self._stop(PRUNED)

    def spend(self, seconds: float, epochs: int) -> None:
        """Count what training has taken so far against the budget."""
        self.trial.set("spent", json.dumps([round(seconds, 3), epochs]))

    def _stop(self, reason: str) -> None:
        self.reason = reason
        raise StopTraining


def train_trial(trial: StudyTrial, job: Job) -> str:
    """Train a trial in its folder, and tell its study; return a line on how it went.

    A trial whose run was killed goes on from its last epoch. One that fails is told so, and counts.
    """
    settings, composed = job
    resumed = (trial.folder / JOURNAL).exists()
    config = replace(composed, folder=trial.folder, resumed=resumed, purpose="tune")
    trial.folder.mkdir(parents=True, exist_ok=True)
    output = trial.folder / OUTPUT
    observer = TrialObserver(trial, settings.monitored)
    try:
        with (
            beating(trial.beat),
            named(output),
            output.open("a" if resumed else "w", encoding="utf-8") as file,
            contextlib.redirect_stdout(file),
        ):
            result = experiment.run(settings, config, observer=observer)
    except Exception as error:
        with contextlib.suppress(OSError), output.open("a", encoding="utf-8") as file:
            file.write(redact(traceback.format_exc()))
        trial.fail(one_line(error))
        return f"failed: {one_line(error)}"
    assert result is not None
    observer.spend(result.seconds, max(1, len(result.history) and int(result.history[-1]["epoch"])))
    parameters = sum(np.size(array) for array in settings.model.state().values())
    costs = {"seconds": result.seconds, "parameters": float(parameters)}
    trial.set("run", result.run_id or "")
    trial.finish({**result.validation, **costs}, observer.curve, observer.reason)
    name = settings.monitor.removeprefix("val/")
    ended = "" if observer.reason is None else f"  ({observer.reason})"
    return f"validation {name} {result.best:.4f}  {result.seconds:.0f} s{ended}"
