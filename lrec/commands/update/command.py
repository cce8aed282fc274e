"""`lrec update`: a saved model goes on training on its data and new feedback."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from omegaconf import OmegaConf

from lrec.base.config.check import check
from lrec.base.errors import ConfigError
from lrec.base.files import write_table
from lrec.commands.compare.table import bucket_orders, comparison_table
from lrec.commands.composing import ComposedConfig, Invocation
from lrec.commands.runs.saved import load_model
from lrec.commands.settings import RunSettings
from lrec.commands.train import experiment
from lrec.commands.train.run_logging import RunContext, published_table
from lrec.commands.update.bucket_transitions import bucket_transitions
from lrec.commands.update.feedback import join
from lrec.data.alignment import align, extend, refuse_leakage
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.comparison.compare import compare
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.user_alignment import ModelTables
from lrec.evaluation.evaluator import Evaluator
from lrec.model import Model, Pretrained
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import Log, tags_of

if TYPE_CHECKING:
    import pandas as pd

BEFORE, UPDATED, SCRATCH = "before", "updated", "from scratch"
SHARE = 0.1  # of the epochs that the run was trained for


@dataclass(frozen=True)
class UpdateSettings(RunSettings):
    """The root of `conf/update.yaml`: the run's own config, and the feedback.

    Attributes:
        run: MLflow id of the run to go on from.
        feedback: path of the new interactions.
        epochs: at most, or None for a tenth of the run's, and the model's least at least.
        batch_size: examples a step, or None for the model's share of the run's, its `fine_tuning`.
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
    """Train on, compare the model with the one before, and show how users changed buckets."""
    config, folder = invocation.config, invocation.folder
    screen = Screen()
    show_warnings(screen)
    settings.strategy.start()
    old = load_model(settings.run)
    tags = {"lrec.command": "update", "lrec.updates": settings.run}
    with settings.tracking.parent(f"update-{old.name}", tags, folder, settings.run) as log:
        data = settings.dataset.load()
        node = join(settings.dataset, data, settings.feedback, folder)
        scratch, _ = child_config(config, {"dataset": node}, folder / "scratch")
        joined = scratch.dataset.load()
        after = extend(scratch.split(joined), old.catalogue)
        before = align(settings.split(data), after.catalogue)
        refuse_leakage(after, before)
        screen.note(
            f"feedback: {len(joined) - len(data):,} interactions, "
            f"{joined.n_users - data.n_users:,} new users, "
            f"{joined.n_items - data.n_items:,} new items"
        )
        models = [evaluate_before(settings, old, after, joined)]
        for name, child in child_runs(settings, config, node, old).items():
            screen.note(f"{name}:")
            result = experiment.run(*child.config, child.pretrained, old.catalogue)
            assert result is not None  # strategies of several processes are refused
            models.append(Evaluated(name, result.users, result.evaluation.values, result.seconds))

        comparison = compare_models(settings, models, after.catalogue.n_items)
        for model in models:
            prefix = model.name.replace(" ", "_")
            log.metrics({f"{prefix}/{key}": value for key, value in model.values.items()})
        context = RunContext(log, config)
        context.table("comparison.csv", comparison.rows)
        screen.print(comparison_table(comparison))
        if settings.retrain:
            screen.note(time_share(log, *(model.seconds for model in models[1:])))
        tables = bucket_transitions(settings.bucket, before, after)
        show_transitions(context, screen, tables)
    screen.metrics({model.name: model.values for model in models}, settings.groups, settings.k)


@dataclass(frozen=True)
class Evaluated:
    """A model's metrics on the data as it is now.

    Attributes:
        users: the published user table.
        values: every metric of every bucket, by `<metric>/<bucket>`.
        seconds: of training; 0 for the model before.
    """

    name: str
    users: pd.DataFrame
    values: Mapping[str, float]
    seconds: float = 0.0


@dataclass(frozen=True)
class ChildRun:
    """A training run of an update: its settings and config, and the model that it goes on from."""

    config: tuple[RunSettings, ComposedConfig]
    pretrained: Pretrained | None


def evaluate_before(
    settings: UpdateSettings, model: Model, split: Split, data: Interactions
) -> Evaluated:
    """The saved model on the split of all data."""
    evaluator = Evaluator(split, settings.metric, settings.bucket, settings.k)
    result = evaluator.test(evaluator.ranker(model))
    secret = None if settings.tracking.keep_user_ids else data.digest
    return Evaluated(BEFORE, published_table(result.table, split, secret), result.values)


def child_runs(
    settings: UpdateSettings, config: ComposedConfig, dataset: dict[str, Any], model: Model
) -> dict[str, ChildRun]:
    """The runs to train: updated and, if it is to be compared with, from scratch."""
    pretrained = Pretrained(settings.run, model.state(), model.catalogue, settings.shrink)
    trained = int(tags_of(settings.run).get("lrec.epochs", settings.schedule.epochs))
    schedule = shorter(settings, config.values["schedule"], trained)
    changes: dict[str, dict[str, Any]] = {UPDATED: {"dataset": dataset, "schedule": schedule}}
    if settings.retrain:
        changes[SCRATCH] = {"dataset": dataset}
    return {
        name: ChildRun(
            child_config(config, nodes, config.folder / name.replace(" ", "_")),
            pretrained if name == UPDATED else None,
        )
        for name, nodes in changes.items()
    }


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


def child_config(
    config: ComposedConfig, changes: Mapping[str, Any], folder: Path
) -> tuple[RunSettings, ComposedConfig]:
    """A training run with the saved run's config and these nodes instead of its own."""
    own = [name for name in config.values if name in RunSettings.__dataclass_fields__]
    values = {**{name: config.values[name] for name in own}, **changes}
    settings = check(OmegaConf.create(values), RunSettings)
    folder.mkdir(parents=True, exist_ok=True)
    groups = ("dataset", "split", "model", "augment")
    choices = {group: getattr(settings, group).name for group in groups}
    return settings, ComposedConfig(values, config.overrides, choices, folder)


def compare_models(
    settings: UpdateSettings, models: Sequence[Evaluated], n_items: int
) -> Comparison:
    """The updated model against the one from scratch or, without it, the one before."""
    tables = [ModelTables(model.name, [model.users], n_items) for model in models]
    return compare(
        tables,
        SCRATCH if settings.retrain else BEFORE,
        settings.monitor.split("/")[1],
        settings.metric,
        bucket_orders(tables),
        settings.resamples,
    )


def time_share(log: Log, updated: float, scratch: float) -> str:
    """Log and report the seconds of training on as a share of those of training from scratch."""
    share = updated / max(scratch, 1e-9)
    log.metrics({"update/time_share": share})
    return (
        f"training on took {updated:.1f} s, training from scratch {scratch:.1f} s: "
        f"{share:.2f} of it"
    )


def show_transitions(
    context: RunContext, screen: Screen, tables: Mapping[str, pd.DataFrame]
) -> None:
    """Users by their bucket before and now: on screen and in the run."""
    for name, table in tables.items():
        path = context.folder / f"migration_{name}.csv"
        write_table(path, table, index=True)
        context.log.file(path)
        screen.note(f"users by {name}, from the bucket before (rows) to the bucket now:")
        screen.rows(table.reset_index(names="before"))
