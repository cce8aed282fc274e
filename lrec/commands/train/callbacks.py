"""Who looks on while a model trains, and keeps what it takes to go on after a kill."""

from __future__ import annotations

import json
import math
import time
import warnings
from collections.abc import Mapping

import numpy as np

from lrec.base.arrays import Array
from lrec.base.errors import DataError
from lrec.commands.settings import RunSettings
from lrec.evaluation.bucket import group_names
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.ranking import Ranker
from lrec.model.common.protocols import StatelessCallback
from lrec.reporting.terminal import Progress, Screen
from lrec.tracking import Log
from lrec.training.checkpoint import Checkpoint
from lrec.training.strategy import TrainingStrategy

PAST = "past"  # in a checkpoint: what the epochs before had, and how long they took


class ValidationCallback:
    """Evaluates on validation after each epoch: prints, logs, and tells training what it said.

    It also keeps the training's state in the run's folder, with what the epochs before had.
    """

    def __init__(
        self,
        parts: RunSettings,
        evaluator: Evaluator,
        ranker: Ranker,
        progress: Progress,
        log: Log,
        checkpoint: Checkpoint,
    ) -> None:
        self.parts = parts
        self.evaluator = evaluator
        self.ranker = ranker
        self.progress = progress
        self.log = log
        self.checkpoint = checkpoint
        self.wants_steps = progress.live
        self.history: list[dict[str, float]] = []
        self.begun = time.perf_counter()

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        self.progress.step(epoch, step, steps)

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        values = self._validate()
        self.progress.epoch(epoch, loss, values)
        self.log.metrics({"train/loss": loss, **values}, step=epoch)
        self.history.append({"epoch": epoch, "loss": loss, **values})
        value = self.parts.monitor_sign * values.get(self.parts.monitor, math.nan)
        return float(self.parts.strategy.agreed(value))

    def save_state(self, state: Mapping[str, Array]) -> None:
        past = json.dumps({"history": self.history, "seconds": self.seconds})
        self.checkpoint.save({**state, PAST: np.array(past)})

    def load_state(self) -> Mapping[str, Array] | None:
        state = self.checkpoint.load()
        if state is not None:
            past = json.loads(str(state.pop(PAST)))
            self.history = past["history"]
            self.begun -= past["seconds"]
            self.progress.resume(int(state["epoch"]))
        return state

    @property
    def seconds(self) -> float:
        """Since training began, without the time that a killed run lay still."""
        return time.perf_counter() - self.begun

    @property
    def epochs(self) -> int:
        """Epochs up to the last evaluation."""
        return int(self.history[-1]["epoch"]) if self.history else 0

    def finish(self) -> float:
        """The best monitored value; of a model without epochs, its only one.

        What the best epoch had in each bucket is logged as `best/<metric>/<bucket>`: MLflow itself
        keeps the last epoch's.
        """
        monitor, sign = self.parts.monitor, self.parts.monitor_sign
        if self.history:
            best = max(self.history, key=lambda row: sign * row.get(monitor, -sign * math.inf))
        else:
            best = self._validate()
            self.log.metrics(best)
        names = [name for name in monitored_by_group(self.parts) if name in best]
        self.log.metrics({f"best/{name.removeprefix('val/')}": best[name] for name in names})
        return best.get(monitor, math.nan)

    def _validate(self) -> dict[str, float]:
        if not len(self.evaluator.split.validation):
            if not self.history:
                warnings.warn(
                    "no validation users: training neither stops early nor picks epochs",
                    stacklevel=2,
                )
            return {}
        values = {f"val/{k}": v for k, v in self.evaluator.validate(self.ranker).items()}
        if self.parts.monitor not in values:
            raise DataError(
                "the monitored metric has no value: no validation users in its bucket, or ratings "
                f"that this model does not predict itself. Received: monitor={self.parts.monitor}"
            )
        return values


class LossPrinter(StatelessCallback):
    """A line for each epoch of what trains before the model."""

    wants_steps = False

    def __init__(self, screen: Screen) -> None:
        self.console = screen.console

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        pass

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        self.console.print(f"augment: epoch {epoch:>3}  loss {loss:.4g}")
        return math.nan


class WorkerCallback:
    """Hears from the chief how an epoch was.

    It keeps nothing, but goes on from what a chief that was killed has kept.
    """

    wants_steps = False

    def __init__(self, strategy: TrainingStrategy, checkpoint: Checkpoint) -> None:
        self.strategy = strategy
        self.checkpoint = checkpoint

    def on_step_end(self, epoch: int, step: int, steps: int) -> None:
        pass

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        return float(self.strategy.agreed(math.nan))

    def save_state(self, state: Mapping[str, Array]) -> None:
        pass

    def load_state(self) -> Mapping[str, Array] | None:
        return self.checkpoint.load()


def monitored_by_group(parts: RunSettings) -> list[str]:
    """The monitored metric of every bucket: what the lines of training show."""
    name = parts.monitor.rpartition("/")[0]
    return [f"{name}/{group}" for group in group_names(parts.bucket.values())]
