"""One experiment, from data to a run in MLflow. Read this first."""

from __future__ import annotations

import math
import warnings

from lrec.commands.composing import ComposedConfig
from lrec.commands.settings import RunSettings
from lrec.commands.train import run_logging
from lrec.commands.train.callbacks import (
    LossPrinter,
    ValidationCallback,
    WorkerCallback,
    monitored_by_group,
)
from lrec.data.alignment import extend
from lrec.data.catalogue import Catalogue
from lrec.data.feature import with_vectors
from lrec.data.interactions import Interactions
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.recommender import example
from lrec.evaluation.references import with_references
from lrec.model import Pretrained
from lrec.model.common import saving
from lrec.reporting.terminal import Progress, Screen, show_warnings
from lrec.tracking import forget
from lrec.training.checkpoint import Checkpoint


def run(
    parts: RunSettings,
    composed: ComposedConfig,
    pretrained: Pretrained | None = None,
    known: Catalogue | None = None,
) -> float:
    """Train, evaluate and log.

    Args:
        learnt: what training goes on from, instead of from the beginning.
        known: a catalogue whose items keep their codes, so that models of both break ties alike.

    Returns:
        The best value of the monitored validation metric, which a sweep looks at; NaN where nobody
        is in the validation part.
    """
    screen = Screen(silent=not parts.strategy.chief)
    show_warnings(screen)
    if not parts.strategy.chief:
        return follow(parts, composed, screen)
    if not composed.resumed:
        forget(composed.folder)
        Checkpoint(composed.folder).remove()
    screen.composed(composed.choices, composed.overrides, parts.seed)
    tags = {"lrec.command": "train", "lrec.simple": str(parts.model.is_baseline)}
    with parts.tracking.run(_name(parts, composed), tags, composed.folder) as log:
        run_logging.log_config(log, composed)

        data = parts.dataset.load()
        split = with_vectors(parts.split(data), parts.feature)
        if known is not None:
            split = extend(split, known)
        if pretrained is not None:
            parts.model.warm_start(pretrained)
            log.tags({"lrec.updates": pretrained.run})
        evaluator = Evaluator(split, parts.metric, parts.bucket, parts.k)
        run_logging.log_data(log, composed, parts, data, split)
        screen.data(data, split, evaluator.buckets["test"])

        if split.train.weight is not None and not parts.model.uses_weights:
            name = parts.model.name
            warnings.warn(f"model={name} ignores the weights of behaviours", stacklevel=2)

        with parts.strategy.together(_task(composed, data)):
            training = parts.augment(split, parts.strategy, parts.seed, LossPrinter(screen))
            run_logging.log_augmentation(log, split, training)
            screen.augmentation(parts.augment.name, split, training)

            ranker = evaluator.ranker(parts.model)
            checkpoint = Checkpoint(composed.folder, _task(composed, data, pretrained))
            with Progress(screen, parts.schedule.epochs, monitored_by_group(parts)) as progress:
                callback = ValidationCallback(parts, evaluator, ranker, progress, log, checkpoint)
                parts.model.fit(training, parts.schedule, parts.strategy, parts.seed, callback)
            run_logging.log_training(log, composed, callback.epochs, callback.seconds)
        best = callback.finish()

        result = evaluator.test(ranker)
        references = evaluator.references()
        rows = with_references(parts.model.name, result.values, references)
        run_logging.log_result(log, composed, parts, evaluator, data, result, references)
        if parts.tracking.log_model:
            saving.save(composed.folder / "model", parts.model, composed.values["model"])
            log.model(composed.folder / "model", example(parts.model.catalogue))
        run_logging.log_figures(log, composed, parts, data, callback.history, rows)
    checkpoint.remove()

    screen.table(rows, list(parts.bucket.values()), parts.k)
    screen.note(log.where)
    return best


def follow(parts: RunSettings, composed: ComposedConfig, screen: Screen) -> float:
    """What a process does that is not the chief: trains along, without a word."""
    print(f"lrec: {parts.strategy.role}, which prints and logs")
    data = parts.dataset.load()
    split = with_vectors(parts.split(data), parts.feature)
    with parts.strategy.together(_task(composed, data)):
        training = parts.augment(split, parts.strategy, parts.seed, LossPrinter(screen))
        checkpoint = Checkpoint(composed.folder, _task(composed, data))
        callback = WorkerCallback(parts.strategy, checkpoint)
        parts.model.fit(training, parts.schedule, parts.strategy, parts.seed, callback)
    return math.nan


def _task(
    composed: ComposedConfig, data: Interactions, pretrained: Pretrained | None = None
) -> str:
    """What the processes of a run, and its parts if it is killed, have to agree in: everything but
    where the data lies and where training takes place."""
    start = pretrained.run if pretrained is not None else None
    where = {"dataset": data.digest, "strategy": None, "start": start}
    return run_logging.config_digest(composed.values | where)


def _name(parts: RunSettings, composed: ComposedConfig) -> str:
    """What MLflow's list of runs shows: model, augmenter if there is one, seed."""
    names = [composed.choices.get("model", parts.model.name), parts.augment.name]
    return "-".join([*(name for name in names if name != "none"), f"seed{parts.seed}"])
