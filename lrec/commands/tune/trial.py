"""A trial: one training run, validated after each epoch and ended early if it lags behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.errors import one_line
from lrec.commands.composing import Job
from lrec.commands.runs.run_output import add_traceback, printing_to
from lrec.commands.settings import Monitor
from lrec.commands.train import experiment
from lrec.commands.train.callbacks import StopTraining
from lrec.commands.train.run_logging import n_parameters
from lrec.commands.tune.ownership import beating
from lrec.commands.tune.results import user_values
from lrec.commands.tune.storage import StorageAwayError
from lrec.commands.tune.study import StudyTrial
from lrec.commands.tune.trials.attributes import PRUNED
from lrec.commands.tune.trials.study_trial import TakenOverError

if TYPE_CHECKING:
    import pandas as pd


class TrialObserver:
    """Reports each evaluation to the study, and ends training when the study says so.

    Args:
        monitor: the metric that is reported.

    Attributes:
        reason: that training was ended for; None if it was not.
    """

    def __init__(self, trial: StudyTrial, monitor: Monitor) -> None:
        self.trial = trial
        self.monitor = monitor
        self.reason: str | None = None
        self.step = 1  # epochs between evaluations

    def on_best(self, users: pd.DataFrame) -> None:
        user_values.write(self.trial.folder, users, self.trial.study.objectives)

    def files(self) -> list[Path]:
        path = self.trial.folder / user_values.FILE
        return [path] if self.reason != PRUNED and path.exists() else []

    def on_validation(self, history: Sequence[Mapping[str, float]], seconds: float) -> None:
        curve, sign = self.trial.curve, self.monitor.sign
        known = {row[0] for row in curve}
        epochs = [int(row["epoch"]) for row in history]
        for row, epoch in zip(history, epochs, strict=True):
            if epoch not in known:
                curve.append([epoch, round(seconds, 3), row[self.monitor.name]])
        self.step = int(np.diff([0, *epochs]).max())
        self.trial.spend(seconds, epochs[-1], self.step)
        self.trial.keep_curve()
        best = np.maximum.accumulate([sign * value for *_, value in curve])
        for evaluation, value in zip(curve, best, strict=True):
            self.trial.report(sign * float(value), int(evaluation[0]))
        if self.trial.is_over_budget():
            self._stop("the budget was spent")
        if self.trial.should_prune():
            (self.trial.folder / user_values.FILE).unlink(missing_ok=True)
            self._stop(PRUNED)

    def _stop(self, reason: str) -> None:
        self.reason = reason
        raise StopTraining


def train_trial(trial: StudyTrial, job: Job) -> None:
    """Train a trial in its folder, and tell its study.

    A trial whose run was killed goes on from its last epoch. One that fails is told so, and counts;
    one that this process is told to end waits for whoever asks next.

    Raises:
        OSError: the folder or the disk is the reason, and would be that of every trial.
    """
    settings, composed = job
    config = replace(composed, folder=trial.folder, resumed=trial.resumed, purpose="tune")
    observer = TrialObserver(trial, settings.monitored)
    try:
        trial.folder.mkdir(parents=True, exist_ok=True)
        with beating(trial.beat), printing_to(trial.folder, trial.resumed):
            result = experiment.run(settings, config, observer=observer)
        assert result is not None
        epochs = int(result.history[-1]["epoch"]) if result.history else 1
        trial.spend(result.spent, epochs, observer.step)
        costs = {"seconds": result.spent, "parameters": float(n_parameters(result.model))}
        trial.set("run", result.run_id or "")
        trial.finish({**result.validation, **costs}, observer.reason)
    except TakenOverError:
        return
    except (KeyboardInterrupt, SystemExit, StorageAwayError, OSError):
        trial.release()
        raise
    except Exception as error:
        add_traceback(trial.folder)
        trial.fail(one_line(error))
