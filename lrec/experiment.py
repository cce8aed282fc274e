"""One experiment, from data to a run in MLflow. Read this first."""

from __future__ import annotations

import json
import math
import time
import warnings
from collections.abc import Mapping

import numpy as np

from lrec import archive, store
from lrec.bucket import group_names
from lrec.checkpoint import Checkpoint
from lrec.config import Parts, Record
from lrec.data import DataError, Interactions
from lrec.feature import with_vectors
from lrec.judge import Judge
from lrec.model import Learnt
from lrec.ranking import Ranker
from lrec.serving import example
from lrec.strategy import Strategy
from lrec.terminal import Losses, Progress, Screen, show_warnings
from lrec.tracking import Log
from lrec.training import Array
from lrec.transfer import extend

HISTORY = "epochs before"  # in a checkpoint


def run(parts: Parts, record: Record, learnt: Learnt | None = None) -> float:
    """Train, evaluate and log.

    Args:
        learnt: what training goes on from, instead of from the beginning.

    Returns:
        The best value of the monitored validation metric (NaN for a model that does not train by
        epochs): what a sweep looks at.
    """
    screen = Screen(silent=not parts.strategy.chief)
    show_warnings(screen)
    if not parts.strategy.chief:
        return follow(parts, record, screen)
    screen.composed(record.choices, record.overrides, parts.seed)
    tags = {"lrec.command": "train", "lrec.simple": str(parts.model.simple)}
    with parts.tracking.run(_name(parts, record), tags, record.folder) as log:
        archive.log_config(log, record)

        data = parts.dataset.load()
        split = with_vectors(parts.split(data), parts.feature)
        if learnt is not None:
            split = extend(split, learnt.catalogue)
            parts.model.begin(learnt)
            log.tags({"lrec.updates": learnt.run})
        judge = Judge(split, parts.metric, parts.bucket, parts.k)
        archive.log_data(log, record, parts, data, split)
        screen.data(data, split, judge.buckets["test"])

        if split.train.weight is not None and not parts.model.uses_weights:
            name = parts.model.name
            warnings.warn(f"model={name} ignores the weights of behaviours", stacklevel=2)

        with parts.strategy.together(_task(record, data)):
            training = parts.augment(split, parts.strategy, parts.seed, Losses(screen))
            archive.log_augmentation(log, split, training)
            screen.augmentation(parts.augment.name, split, training)

            ranker = judge.ranker(parts.model)
            with Progress(screen, parts.schedule.epochs, _watched(parts)) as progress:
                checkpoint = Checkpoint(record.folder, data.digest, learnt.run if learnt else "")
                watcher = Watcher(parts, judge, ranker, progress, log, checkpoint)
                start = time.perf_counter()
                parts.model.fit(training, parts.schedule, parts.strategy, parts.seed, watcher)
            archive.log_training(log, record, watcher.epochs, time.perf_counter() - start)
        best = watcher.finish()

        verdict = judge.test(ranker)
        references = judge.references()
        rows = {parts.model.name: verdict.values, **references}
        archive.log_verdict(log, record, parts, judge, data, verdict, references)
        archive.log_figures(log, record, parts, data, watcher.history, rows)
        if parts.tracking.log_model:
            store.save(record.folder / "model", parts.model, record.config["model"])
            log.model(record.folder / "model", example(parts.model.catalogue))
    checkpoint.remove()

    screen.table(rows, list(parts.bucket.values()), parts.k)
    screen.note(log.where)
    return best


def follow(parts: Parts, record: Record, screen: Screen) -> float:
    """What a process does that is not the chief: trains along, without a word."""
    print(f"lrec: {parts.strategy.role}, which prints and logs")
    data = parts.dataset.load()
    split = with_vectors(parts.split(data), parts.feature)
    with parts.strategy.together(_task(record, data)):
        training = parts.augment(split, parts.strategy, parts.seed, Losses(screen))
        follower = Follower(parts.strategy, Checkpoint(record.folder, data.digest))
        parts.model.fit(training, parts.schedule, parts.strategy, parts.seed, follower)
    return math.nan


def _task(record: Record, data: Interactions) -> str:
    """What the processes of a run have to agree in: everything but where they read the data."""
    return archive.config_digest(record.config | {"dataset": data.digest})


def _name(parts: Parts, record: Record) -> str:
    """What MLflow's list of runs shows: model, augmenter if there is one, seed."""
    names = [record.choices.get("model", parts.model.name), parts.augment.name]
    return "-".join([*(name for name in names if name != "none"), f"seed{parts.seed}"])


class Follower:
    """Hears from the chief how an epoch was.

    It keeps nothing, but goes on from what a chief that was killed has kept.
    """

    live = False

    def __init__(self, strategy: Strategy, checkpoint: Checkpoint) -> None:
        self.strategy = strategy
        self.checkpoint = checkpoint

    def step(self, epoch: int, step: int, steps: int) -> None:
        pass

    def epoch(self, epoch: int, loss: float) -> float:
        return float(self.strategy.agreed(math.nan))

    def keep(self, state: Mapping[str, Array]) -> None:
        pass

    def kept(self) -> Mapping[str, Array] | None:
        return self.checkpoint.load()


class Watcher:
    """Evaluates on validation after each epoch: prints, logs, and tells training what it said.

    It also keeps the training's state in the run's folder, with what the epochs before had.
    """

    def __init__(
        self,
        parts: Parts,
        judge: Judge,
        ranker: Ranker,
        progress: Progress,
        log: Log,
        checkpoint: Checkpoint,
    ) -> None:
        self.parts = parts
        self.judge = judge
        self.ranker = ranker
        self.progress = progress
        self.log = log
        self.checkpoint = checkpoint
        self.live = progress.live
        self.history: list[dict[str, float]] = []

    def step(self, epoch: int, step: int, steps: int) -> None:
        self.progress.step(epoch, step, steps)

    def epoch(self, epoch: int, loss: float) -> float:
        values = self._validate()
        self.progress.epoch(epoch, loss, values)
        self.log.metrics({"train/loss": loss, **values}, step=epoch)
        self.history.append({"epoch": epoch, "loss": loss, **values})
        value = self.parts.monitor_sign * values.get(self.parts.monitor, math.nan)
        return float(self.parts.strategy.agreed(value))

    def keep(self, state: Mapping[str, Array]) -> None:
        self.checkpoint.save({**state, HISTORY: np.array(json.dumps(self.history))})

    def kept(self) -> Mapping[str, Array] | None:
        state = self.checkpoint.load()
        if state is not None:
            self.history = json.loads(str(state.pop(HISTORY)))
            self.progress.resume(int(state["epoch"]))
        return state

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
        watched = [name for name in _watched(self.parts) if name in best]
        self.log.metrics({f"best/{name.removeprefix('val/')}": best[name] for name in watched})
        return best.get(monitor, math.nan)

    def _validate(self) -> dict[str, float]:
        if not len(self.judge.split.validation):
            if not self.history:
                warnings.warn(
                    "no validation users: training neither stops early nor picks epochs",
                    stacklevel=2,
                )
            return {}
        values = {f"val/{k}": v for k, v in self.judge.validate(self.ranker).items()}
        if self.parts.monitor not in values:
            raise DataError(
                "the monitored metric has no value: no validation users in its bucket, or ratings "
                f"that this model does not predict itself. Received: monitor={self.parts.monitor}"
            )
        return values


def _watched(parts: Parts) -> list[str]:
    """The monitored metric of every bucket: what the lines of training show."""
    name = parts.monitor.rpartition("/")[0]
    return [f"{name}/{group}" for group in group_names(parts.bucket.values())]
