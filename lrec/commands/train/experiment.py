"""One experiment, from data to a run in MLflow. Read this first."""

from __future__ import annotations

import contextlib
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrec.base.arrays import Strings
from lrec.commands import loading
from lrec.commands.catalogue_lines import cold_items_line, reach_line
from lrec.commands.composing import ComposedConfig
from lrec.commands.data_lines import augmentation_line, data_lines, edges_line, validation_line
from lrec.commands.runs.config_digest import config_digest
from lrec.commands.settings import RunSettings
from lrec.commands.train import kept_references, run_logging
from lrec.commands.train.announcement import announced
from lrec.commands.train.callbacks import (
    LossPrinter,
    Observer,
    StopTraining,
    ValidationCallback,
    WorkerCallback,
)
from lrec.commands.train.expectation import expectation_line
from lrec.commands.train.rounding import log_rounding
from lrec.commands.train.run_logging import RunContext
from lrec.data.alignment import extend
from lrec.data.catalogue import Catalogue
from lrec.data.feature import with_vectors
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.data.trained_part import trained_part
from lrec.evaluation.bucket import check_names
from lrec.evaluation.evaluator import SAMPLE_SEED, EvaluationResult, Evaluator
from lrec.evaluation.references import Rows, with_references
from lrec.model import Model, Pretrained
from lrec.model.content.by_content import base_of, with_content
from lrec.reporting.fairness_table import fairness_table
from lrec.reporting.item_table import item_table
from lrec.reporting.progress import Progress
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import CONTAINS_HISTORIES, KEEP_HISTORIES, SavedRun, forget
from lrec.training.checkpoint import Checkpoint

if TYPE_CHECKING:
    import pandas as pd


TRIED = 20  # histories that a saved model is tried on

# What a command adds to a run before its model is logged.
Addition = Callable[[RunContext, Evaluator, EvaluationResult | None], None]


@dataclass(frozen=True)
class TrainResult:
    """A finished run.

    Attributes:
        model: the trained model; with `catalogue=all` the one that scores all items by content.
        evaluation: of it on the test part; None where nothing is held out, and of a trial.
        references: metrics of the references on the same part, by name.
        users: the user table as it is published, with ids of items and pseudonyms of users; None
            where nothing is held out.
        history: loss and validation metrics of each evaluated epoch.
        validation: metrics of the best epoch; empty where no user is in the validation part.
        monitor: the validation metric that training looked at.
        seconds: of training.
        spent: seconds of training and validation.
        record: all that the run has logged.
        user_ids: of the data, by code.
    """

    model: Model
    evaluation: EvaluationResult | None
    references: Rows
    users: pd.DataFrame | None
    history: list[dict[str, float]]
    validation: dict[str, float]
    monitor: str
    seconds: float
    spent: float
    record: SavedRun
    user_ids: Strings

    @property
    def run_id(self) -> str | None:
        """MLflow's id; None where it has no such run, or cannot be reached yet."""
        return self.record.id or None

    @property
    def best(self) -> float:
        """Value of the monitored validation metric; NaN where there is none."""
        return self.validation.get(self.monitor, math.nan)


def run(
    settings: RunSettings,
    config: ComposedConfig,
    pretrained: Pretrained | None = None,
    known: Catalogue | None = None,
    observer: Observer | None = None,
    addition: Addition | None = None,
) -> TrainResult | None:
    """Train, evaluate and log.

    Args:
        config: that the settings were built from.
        pretrained: the model to go on from, instead of fresh weights.
        known: a catalogue whose items keep their codes, so that models of both break ties alike.
        observer: of a trial, which it may end early; a trial is validated, and never tested.
        addition: of the command that the run is for.

    Returns:
        The result; None in a process that only trains along with the chief.
    """
    model, strategy = settings.model, settings.strategy
    screen = Screen(silent=not strategy.chief)
    show_warnings(screen)
    if not strategy.chief:
        train_along(settings, config, screen)
        return None
    if not config.resumed:
        forget(config.folder)
        Checkpoint(config.folder).remove()
    screen.choices(config.choices, config.overrides, settings.seed)
    data, split = load(settings, known)  # first: MLflow and TensorFlow take seconds to import
    tags = {
        "lrec.command": "train" if observer is None else "trial",
        "lrec.for": config.purpose,
        "lrec.simple": str(model.is_baseline),
        **({CONTAINS_HISTORIES: "True"} if model.contains_histories else {}),
    }
    with (
        settings.tracking.run(run_name(settings, config), tags, config.folder) as log,
        announced(screen, log, config.folder, pretrained is None and addition is None),
    ):
        context = RunContext(log, config)
        run_logging.log_config(context, settings.seeded, settings.dataset.items_file())
        model = with_content(model, split.catalogue)
        if pretrained is not None:
            model.warm_start(pretrained if model.scores_by_content else base_of(pretrained))
            log.tags({"lrec.updates": pretrained.run})
        evaluator = kept_references.evaluator(split, settings, data)
        buckets = evaluator.buckets["test"]
        run_logging.log_data(context, settings.dataset.name, data, split)
        lines = data_lines(data, split, buckets)
        validated = len(evaluator.parts["validation"])
        if line := validation_line(validated, len(split.validation), settings.validate_users):
            lines.append(line)
            log.params({"validated_users": validated, "validate_users_seed": SAMPLE_SEED})
        for line in lines:
            screen.line(line)
        log.describe("\n\n".join(lines))  # until the test, and for a run that has none
        if split.train.weight is not None and not model.uses_weights:
            warnings.warn(f"model={model.name} ignores the weights of behaviours", stacklevel=2)

        tensorflow = model.uses_tensorflow() or settings.augment.name != "none"
        trained = trained_part(split, known.n_items if known is not None else 0)
        if line := reach_line(model.name, split, model.scores_by_content):
            screen.line(line)
        task = task_digest(settings, config, data)
        with strategy.together(task, tensorflow):
            training = settings.augment(trained, strategy, settings.seed, LossPrinter(screen))
            run_logging.log_augmentation(context, trained, training)
            if line := augmentation_line(settings.augment.name, trained, training):
                screen.line(line)

            ranker, monitor = evaluator.ranker(model), settings.monitored
            checkpoint = Checkpoint(config.folder, task_digest(settings, config, data, pretrained))
            with Progress(
                screen,
                settings.schedule.epochs,
                monitor.by_group,
                monitor.name,
                monitor.sign,
                settings.schedule.patience,
            ) as progress:
                callback = ValidationCallback(
                    evaluator, ranker, monitor, strategy, progress, log, checkpoint, observer
                )
                with contextlib.suppress(StopTraining):
                    model.fit(training, settings.schedule, strategy, settings.seed, callback)
            seconds = callback.seconds
            run_logging.log_training(context, callback.epochs, seconds)
        validation = callback.finish()
        spent = callback.seconds  # with the validation of a model without epochs

        result, users = None, None
        references: Rows = {}
        rows: Rows = {}
        if len(split.test) and observer is None:
            begun = time.perf_counter()
            result = evaluator.test(ranker)
            seconds_of_test = time.perf_counter() - begun
            references = kept_references.references(evaluator, settings, config.values, data)
            rows = with_references(model.name, result.values, references)
            users = run_logging.published_table(
                result.table, split, data.digest, settings.tracking.keep_user_ids
            )
            run_logging.log_result(context, result, rows, references, users, buckets, settings)
            run_logging.log_costs(context, model, seconds_of_test)
        if addition is not None:
            addition(context, evaluator, result)
        missing = settings.missing_switches
        if missing == [KEEP_HISTORIES] and observer is None:
            screen.line(
                f"the model is not saved: model={model.name} contains people's histories, which "
                f"{KEEP_HISTORIES}=true keeps with the run"
            )
        if not missing and observer is None:
            if result is not None and not model.is_saved_exactly:
                screen.line(log_rounding(log, evaluator, ranker, result, monitor.name))
            some = split.test.history if len(split.test) else split.train
            run_logging.log_model(context, model, some.between(0, min(TRIED, len(some))))
        if log.keeps_files:
            run_logging.log_curves(context, callback.history, settings.monitor)
        for path in observer.files() if observer is not None else ():
            log.file(path)
        if observer is None and log.keeps_files:
            run_logging.log_figures(context, rows, settings, data)
    checkpoint.remove()

    if result is not None:
        screen.metrics(rows, settings.groups, settings.k, settings.displayed)
        show_groups(screen, result, rows, settings)
        n_items = split.catalogue.n_items
        if line := cold_items_line(result.values, max(settings.k), n_items):
            screen.line(line)
        if line := expectation_line(config.choices.get("experiment"), result.values):
            screen.line(line)
    screen.note(log.location)
    metric = settings.monitor.removeprefix("val/").rpartition("/")[0]
    if columns := log.columns([f"{metric}/{group}" for group in settings.groups]):
        screen.line(f"all runs by bucket, once mlflow ui runs: {columns}")
    return TrainResult(
        model,
        result,
        references,
        users,
        callback.history,
        validation,
        monitor.name,
        seconds,
        spent,
        log.record,
        split.user_ids,
    )


def show_groups(
    screen: Screen, result: EvaluationResult, rows: Rows, settings: RunSettings
) -> None:
    """Show accuracy on popular and unpopular items, and how far groups lie apart, where asked for.

    Args:
        rows: metrics of the model and of the references beside it.
    """
    items = item_table(result.values, result.item_edges, settings.groups, max(settings.k))
    if items is not None:
        screen.line(edges_line("items by popularity", result.item_edges))
    tables = [items]
    shown = run_logging.shown_columns(rows, settings)
    tables += [fairness_table(rows, bucketing, shown) for bucketing in settings.bucket]
    for table in tables:
        if table is not None:
            screen.print(table)
            screen.line("")


def load(settings: RunSettings, known: Catalogue | None = None) -> tuple[Interactions, Split]:
    """Load the data and split it, with the items' vectors."""
    check_names(list(settings.bucket.values()))  # first: tables of users are small
    data = loading.load_data(settings)
    split = with_vectors(loading.split(settings, data), settings.feature)
    return data, split if known is None else extend(split, known)


def train_along(settings: RunSettings, config: ComposedConfig, screen: Screen) -> None:
    """Train in a process that is not the chief, which evaluates and logs."""
    print(f"lrec: {settings.strategy.role}, which prints and logs")
    data, split = load(settings)
    split = trained_part(split)
    task = task_digest(settings, config, data)
    with settings.strategy.together(task):
        training = settings.augment(split, settings.strategy, settings.seed, LossPrinter(screen))
        callback = WorkerCallback(settings.strategy, Checkpoint(config.folder, task))
        settings.model.fit(training, settings.schedule, settings.strategy, settings.seed, callback)


def task_digest(
    settings: RunSettings,
    config: ComposedConfig,
    data: Interactions,
    pretrained: Pretrained | None = None,
) -> str:
    """Digest of all that the processes of a run, and its parts if it is killed, have to agree in.

    That is everything but where the data lies and where training takes place.
    """
    start = pretrained.run if pretrained is not None else None
    elsewhere = {"dataset": data.digest, "strategy": None, "start": start}
    return config_digest({**config.values, **elsewhere}, items=settings.dataset.items_file())


def run_name(settings: RunSettings, config: ComposedConfig) -> str:
    """A run's name in MLflow: model, augmenter if there is one, seed."""
    return f"{model_name(settings, config)}-seed{settings.seed}"


def model_name(settings: RunSettings, config: ComposedConfig) -> str:
    """The name of what is trained: model, and augmenter if there is one."""
    names = [config.choices.get("model", settings.model.name), settings.augment.name]
    return "-".join(name for name in names if name != "none")
