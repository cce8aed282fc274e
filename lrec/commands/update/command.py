"""A saved model goes on learning: its data and what came since, before and after by bucket."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from omegaconf import OmegaConf

from lrec.base.config.check import check
from lrec.base.errors import ConfigError
from lrec.base.files import write_table
from lrec.commands.compare.table import bucket_orders, shown
from lrec.commands.composing import ComposedConfig, Invocation
from lrec.commands.runs.saved import load_model
from lrec.commands.settings import RunSettings
from lrec.commands.train import experiment, run_logging
from lrec.commands.update.bucket_transitions import bucket_transitions
from lrec.commands.update.feedback import join
from lrec.data.alignment import align, extend, refuse_seen
from lrec.evaluation.comparison.compare import compare
from lrec.evaluation.comparison.user_alignment import ModelTables
from lrec.evaluation.evaluator import Evaluator
from lrec.model import Pretrained
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import Log, tags_of

if TYPE_CHECKING:
    import pandas as pd

BEFORE, UPDATED, SCRATCH = "before", "updated", "from scratch"
Jobs = dict[str, tuple[dict[str, Any], Pretrained | None]]
SHARE = 0.1  # of the epochs that the run was trained for


@dataclass(frozen=True)
class UpdateSettings(RunSettings):
    """The root of `conf/update.yaml`: the run's own config, and what came since.

    Attributes:
        run: MLflow id of the run to go on from.
        feedback: path of the new interactions.
        epochs: at most, or None for a tenth of the run's, and the model's least at least.
        batch_size: examples a step, or None for as many as the model's `onward` says.
        learning_rate: at the start, from which it falls to zero; None likewise.
        shrink: share of every weight of the model that training goes on from.
        retrain: whether to train from scratch too, and to compare.
        resamples: of the bootstrap and of the sign flips.
    """

    run: str
    feedback: str
    epochs: int | None
    batch_size: int | None
    learning_rate: float | None
    shrink: float
    retrain: bool
    resamples: int

    file: ClassVar[str] = "conf/update.yaml"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("epochs", "batch_size"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} must be 1 or more, or null. Received: {value}")
        rate = self.learning_rate
        if rate is not None and not 0 < rate < math.inf:
            raise ConfigError(f"learning_rate must be positive, or null. Received: {rate}")
        if self.strategy.several:
            raise ConfigError(
                "lrec update trains in one process: choose another strategy. "
                f"Received: strategy={self.strategy.name}"
            )
        if not 0 <= self.shrink <= 1:
            raise ConfigError(f"shrink must be from 0 to 1. Received: {self.shrink}")
        if self.resamples < 100:
            raise ConfigError(f"resamples must be 100 or more. Received: {self.resamples}")


def run(settings: UpdateSettings, invocation: Invocation) -> None:
    """Train on, hold the model against the one before, and say which users changed buckets."""
    composed = invocation.config
    screen = Screen()
    show_warnings(screen)
    settings.strategy.start()
    old = load_model(settings.run)
    name = f"update-{old.name}"
    tags = {"lrec.command": "update", "lrec.updates": settings.run}
    with settings.tracking.parent(name, tags, composed.folder, settings.run) as log:
        data = settings.dataset.load()
        node = join(settings.dataset, data, settings.feedback, composed.folder)
        scratch, _ = job(composed, {"dataset": node}, composed.folder / "scratch")
        together = scratch.dataset.load()
        split = extend(scratch.split(together), old.catalogue)
        pretrained = align(settings.split(data), split.catalogue)
        refuse_seen(split, pretrained)
        screen.note(
            f"feedback: {len(together) - len(data):,} interactions, "
            f"{together.n_users - data.n_users:,} new users, "
            f"{together.n_items - data.n_items:,} new items"
        )
        evaluator = Evaluator(split, settings.metric, settings.bucket, settings.k)
        result = evaluator.test(evaluator.ranker(old))
        table = run_logging.public_table(settings, evaluator, together, result)
        answers = [ModelTables(BEFORE, [table], split.catalogue.n_items)]
        rows = {BEFORE: result.values}

        start = Pretrained(settings.run, old.state(), old.catalogue, settings.shrink)
        trained = int(tags_of(settings.run).get("lrec.epochs", settings.schedule.epochs))
        schedule = shorter(settings, composed.values["schedule"], trained)
        jobs: Jobs = {UPDATED: ({"dataset": node, "schedule": schedule}, start)}
        if settings.retrain:
            jobs[SCRATCH] = ({"dataset": node}, None)
        for who, (changes, begin) in jobs.items():
            folder = composed.folder / who.replace(" ", "_")
            screen.note(f"{who}:")
            experiment.run(*job(composed, changes, folder), begin, old.catalogue)
            answers.append(ModelTables(who, [_users(folder)], split.catalogue.n_items))
            rows[who] = _metrics(folder)[old.name]

        moved = bucket_transitions(settings, pretrained, split)
        report(settings, log, composed.folder, answers, rows, moved)
    screen.table(rows, list(settings.bucket.values()), settings.k)


def shorter(settings: UpdateSettings, own: Mapping[str, Any], trained: int) -> dict[str, Any]:
    """The schedule of an update.

    Args:
        own: the run's.
        trained: epochs that the run took.
    """
    fine_tuning = settings.model.fine_tuning
    epochs = max(fine_tuning.epochs, math.ceil(SHARE * trained))
    batch_size = max(1, round(fine_tuning.batches * own["batch_size"]))
    return {
        **own,
        "epochs": settings.epochs or epochs,
        "batch_size": settings.batch_size or batch_size,
        "learning_rate": settings.learning_rate or fine_tuning.rate * own["learning_rate"],
        "decay": "cosine",
        "warmup_epochs": 0,
    }


def job(
    composed: ComposedConfig, changes: Mapping[str, Any], folder: Path
) -> tuple[RunSettings, ComposedConfig]:
    """A training run with the saved run's config and these nodes instead of its own."""
    own = [name for name in composed.values if name in RunSettings.__dataclass_fields__]
    config = {**{name: composed.values[name] for name in own}, **changes}
    parts = check(OmegaConf.create(config), RunSettings)
    folder.mkdir(parents=True, exist_ok=True)
    components = {name: getattr(parts, name) for name in ("dataset", "split", "model", "augment")}
    choices = {name: component.name for name, component in components.items()}
    return parts, ComposedConfig(config, composed.overrides, choices, folder)


def report(
    settings: UpdateSettings,
    log: Log,
    folder: Path,
    answers: list[ModelTables],
    rows: Mapping[str, Mapping[str, float]],
    moved: Mapping[str, pd.DataFrame],
) -> None:
    """Differences with intervals, and who has moved between buckets: on screen and in the run."""
    screen = Screen()
    for who, values in rows.items():
        log.metrics({f"{who.replace(' ', '_')}/{key}": value for key, value in values.items()})
    primary = settings.monitor.split("/")[1]
    baseline = SCRATCH if settings.retrain else BEFORE
    comparison = compare(
        answers, baseline, primary, settings.metric, bucket_orders(answers), settings.resamples
    )
    path = folder / "comparison.csv"
    write_table(path, comparison.rows)
    log.file(path)
    screen.console.print(shown(comparison))
    if settings.retrain:
        seconds = {who: _seconds(folder / who.replace(" ", "_")) for who in (UPDATED, SCRATCH)}
        share = seconds[UPDATED] / max(seconds[SCRATCH], 1e-9)
        log.metrics({"update/time_share": share})
        screen.note(
            f"training on took {seconds[UPDATED]:.1f} s, training from scratch "
            f"{seconds[SCRATCH]:.1f} s: {share:.2f} of it"
        )
    for name, table in moved.items():
        path = folder / f"migration_{name}.csv"
        write_table(path, table, index=True)
        log.file(path)
        screen.note(f"users by {name}, from the bucket before (rows) to the bucket now:")
        screen.rows(table.reset_index(names="before"))


def _users(folder: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(folder / "users.parquet")


def _metrics(folder: Path) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads((folder / "metrics.json").read_text())
    return found


def _seconds(folder: Path) -> float:
    return float(json.loads((folder / "training.json").read_text())["seconds"])
