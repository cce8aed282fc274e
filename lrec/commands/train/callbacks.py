"""Callbacks of training: validation after each epoch, and its counterparts that only listen."""

from __future__ import annotations

import json
import math
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lrec.base.arrays import Array
from lrec.base.errors import DataError
from lrec.base.uninterrupted import raise_lost
from lrec.commands.settings import Monitor
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.ranking import Ranker
from lrec.model.common.protocols import StatelessCallback
from lrec.reporting.progress import Progress
from lrec.reporting.terminal import Screen
from lrec.tracking import Log
from lrec.training.checkpoint import Checkpoint
from lrec.training.strategy import TrainingStrategy

if TYPE_CHECKING:
    import pandas as pd

PAST = "past"  # in a checkpoint: metrics of the epochs before it, and the seconds they took


class StopTraining(Exception):  # noqa: N818 - no error: training ends early, and is evaluated
    """Raised by an observer to end training."""


class Observer(Protocol):
    """Looks at a run while it trains, and may end its training."""

    def on_best(self, users: pd.DataFrame) -> None:
        """Look at the user table of the evaluation that is the best so far."""

    def on_validation(self, history: Sequence[Mapping[str, float]], seconds: float) -> None:
        """Look at the epochs so far.

        Args:
            history: loss and validation metrics of each evaluated epoch, also of those before a
                run was killed.
            seconds: of training so far.

        Raises:
            StopTraining: training shall end.
        """

    def files(self) -> list[Path]:
        """Files that are logged with the run."""


class ValidationCallback:
    """Evaluates on validation after each epoch: prints, logs, and returns the monitored value.

    It also keeps the training's state in the run's folder, with the metrics of all epochs so far.

    Args:
        evaluator: of the split that is trained on.
        ranker: of the model that trains.
        monitor: the metric that training stops and picks epochs by.
        strategy: shares the value with all processes of the run.
        progress: shows epochs and steps.
        log: of the run.
        checkpoint: file for the training's state.
        observer: is shown every evaluation.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        ranker: Ranker,
        monitor: Monitor,
        strategy: TrainingStrategy,
        progress: Progress,
        log: Log,
        checkpoint: Checkpoint,
        observer: Observer | None = None,
    ) -> None:
        self.evaluator = evaluator
        self.ranker = ranker
        self.monitor = monitor
        self.strategy = strategy
        self.progress = progress
        self.log = log
        self.checkpoint = checkpoint
        self.observer = observer
        self.wants_steps = progress.live
        self.history: list[dict[str, float]] = []
        self.start = time.perf_counter()

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        self.progress.step(epoch, step, steps)

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        raise_lost()
        values = self._validate()
        self.progress.epoch(epoch, loss, values)
        self.log.metrics({"train/loss": loss, **values}, step=epoch)
        self.history.append({"epoch": epoch, "loss": loss, **values})
        if self.observer is not None:
            if self._best() is self.history[-1]:
                self._show_best(self.observer)
            self.observer.on_validation(self.history, self.seconds)
        return float(self.strategy.agreed(self.monitor.value(values)))

    def say(self, text: str) -> None:
        self.progress.screen.line(text)

    def status(self, text: str) -> None:
        self.progress.status(text)

    def save_state(self, state: Mapping[str, Array]) -> None:
        past = json.dumps({"history": self.history, "seconds": self.seconds})
        self.checkpoint.save({**state, PAST: np.array(past)})

    def load_state(self) -> Mapping[str, Array] | None:
        state = self.checkpoint.load()
        if state is not None:
            past = json.loads(str(state.pop(PAST)))
            self.history = past["history"]
            self.start -= past["seconds"]
            self.progress.resume(int(state["epoch"]), self.history)
        return state

    @property
    def seconds(self) -> float:
        """Seconds since training began, without those that a killed run lay still."""
        return time.perf_counter() - self.start

    @property
    def epochs(self) -> int:
        """Epochs up to the last evaluation."""
        return int(self.history[-1]["epoch"]) if self.history else 0

    def finish(self) -> dict[str, float]:
        """Validation metrics of the best epoch; of a model without epochs, its only ones.

        The best epoch's value in each bucket is logged as `best/<metric>/<bucket>`: MLflow itself
        keeps the last epoch's.
        """
        if self.history:
            self.evaluator.validated = None  # the best epoch's weights may be others than the last
            best = self._best()
        else:
            best = self._validate()
            self.log.metrics(best)
            if self.observer is not None:
                self._show_best(self.observer)
        names = [name for name in self.monitor.by_group if name in best]
        self.log.metrics({f"best/{name.removeprefix('val/')}": best[name] for name in names})
        return {key: value for key, value in best.items() if key.startswith("val/")}

    def _best(self) -> dict[str, float]:
        """The epoch with the best monitored value, the first of equals."""
        name, sign = self.monitor.name, self.monitor.sign
        return max(self.history, key=lambda row: sign * row.get(name, -sign * math.inf))

    def _show_best(self, observer: Observer) -> None:
        if self.evaluator.validation_users is not None:
            observer.on_best(self.evaluator.validation_users)

    def _validate(self) -> dict[str, float]:
        if not len(self.evaluator.split.validation):
            if not self.history:
                warnings.warn(
                    "no validation users: training neither stops early nor picks epochs",
                    stacklevel=2,
                )
            return {}
        values = {f"val/{k}": v for k, v in self.evaluator.validate(self.ranker).items()}
        if self.monitor.name not in values:
            raise DataError(
                "the monitored metric has no value: no validation users in its bucket, or ratings "
                f"that this model does not predict itself. Received: monitor={self.monitor.name}"
            )
        return values


class LossPrinter(StatelessCallback):
    """A line for each epoch of a model that trains before the run's own: an augmenter's."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        self.screen.line(f"augment: epoch {epoch:>3}  loss {loss:.4g}")
        return math.nan


class WorkerCallback(StatelessCallback):
    """Receives the monitored value from the chief; saves nothing, and resumes what the chief saved.

    Args:
        strategy: shares the chief's value.
        checkpoint: of a chief that was killed.
    """

    def __init__(self, strategy: TrainingStrategy, checkpoint: Checkpoint) -> None:
        self.strategy = strategy
        self.checkpoint = checkpoint

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        return float(self.strategy.agreed(math.nan))

    def load_state(self) -> Mapping[str, Array] | None:
        return self.checkpoint.load()
