"""One experiment, from data to a run in MLflow. Read this first."""

from __future__ import annotations

import math
import warnings

from lrec import archive, store
from lrec.checkpoint import Checkpoint
from lrec.config import Parts, Record
from lrec.data import Catalogue
from lrec.feature import with_vectors
from lrec.interactions import Interactions
from lrec.judge import Judge, beside
from lrec.model import Learnt
from lrec.serving import example
from lrec.terminal import Losses, Progress, Screen, show_warnings
from lrec.tracking import forget
from lrec.transfer import extend
from lrec.watcher import Follower, Watcher, watched


def run(
    parts: Parts, record: Record, learnt: Learnt | None = None, known: Catalogue | None = None
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
        return follow(parts, record, screen)
    if not record.resumed:
        forget(record.folder)
        Checkpoint(record.folder).remove()
    screen.composed(record.choices, record.overrides, parts.seed)
    tags = {"lrec.command": "train", "lrec.simple": str(parts.model.simple)}
    with parts.tracking.run(_name(parts, record), tags, record.folder) as log:
        archive.log_config(log, record)

        data = parts.dataset.load()
        split = with_vectors(parts.split(data), parts.feature)
        if known is not None:
            split = extend(split, known)
        if learnt is not None:
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
            checkpoint = Checkpoint(record.folder, _task(record, data, learnt))
            with Progress(screen, parts.schedule.epochs, watched(parts)) as progress:
                watcher = Watcher(parts, judge, ranker, progress, log, checkpoint)
                parts.model.fit(training, parts.schedule, parts.strategy, parts.seed, watcher)
            archive.log_training(log, record, watcher.epochs, watcher.seconds)
        best = watcher.finish()

        verdict = judge.test(ranker)
        references = judge.references()
        rows = beside(parts.model.name, verdict.values, references)
        archive.log_verdict(log, record, parts, judge, data, verdict, references)
        if parts.tracking.log_model:
            store.save(record.folder / "model", parts.model, record.config["model"])
            log.model(record.folder / "model", example(parts.model.catalogue))
        archive.log_figures(log, record, parts, data, watcher.history, rows)
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
        checkpoint = Checkpoint(record.folder, _task(record, data))
        follower = Follower(parts.strategy, checkpoint)
        parts.model.fit(training, parts.schedule, parts.strategy, parts.seed, follower)
    return math.nan


def _task(record: Record, data: Interactions, learnt: Learnt | None = None) -> str:
    """What the processes of a run, and its parts if it is killed, have to agree in: everything but
    where the data lies and where training takes place."""
    start = learnt.run if learnt is not None else None
    where = {"dataset": data.digest, "strategy": None, "start": start}
    return archive.config_digest(record.config | where)


def _name(parts: Parts, record: Record) -> str:
    """What MLflow's list of runs shows: model, augmenter if there is one, seed."""
    names = [record.choices.get("model", parts.model.name), parts.augment.name]
    return "-".join([*(name for name in names if name != "none"), f"seed{parts.seed}"])
