"""`lrec update`: a saved model goes on training on its data and new feedback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrec.base.files import write_table
from lrec.commands.compare.table import bucket_orders, comparison_table
from lrec.commands.composing import Invocation
from lrec.commands.next_commands import with_model
from lrec.commands.runs.saved import load_model, refuse_changed
from lrec.commands.train import experiment
from lrec.commands.train.run_logging import RunContext, described, published_table
from lrec.commands.update.bucket_transitions import bucket_transitions
from lrec.commands.update.child_runs import BEFORE, SCRATCH, UPDATED, child_runs
from lrec.commands.update.feedback import join
from lrec.commands.update.joined_splits import feedback_line, splits
from lrec.commands.update.known_pairs import COLUMN, mark_known
from lrec.commands.update.settings import UpdateSettings
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.comparison.compare import compare
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.user_alignment import ModelTables
from lrec.evaluation.evaluator import Evaluator
from lrec.model import Model
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import Log

if TYPE_CHECKING:
    import pandas as pd


# Parameters of the run of the command itself.
OWN = ("run", "feedback", "epochs", "batch_size", "learning_rate", "shrink", "retrain", "evaluate")


def run(settings: UpdateSettings, invocation: Invocation) -> None:
    """Train on, compare the model with the one before, and show how users changed buckets."""
    config, folder = invocation.config, invocation.folder
    screen = Screen()
    show_warnings(screen)
    # first: TensorFlow takes seconds to import
    data = refuse_changed(settings.dataset.load(), settings.run)
    node = join(settings.dataset, data, settings.feedback, folder)
    settings.strategy.start_for(settings.model.uses_tensorflow())
    old = load_model(settings.run)
    tags = {"lrec.command": "update", "lrec.updates": settings.run}
    with settings.tracking.parent(f"update-{old.name}", tags, folder, settings.run) as log:
        log.params({name: config.values[name] for name in OWN})
        if not settings.evaluate:
            learn_from_all(settings, invocation, old, data, node, screen)
            return
        joined, before, after = splits(settings, config, old, data, node, screen)
        unchanged = evaluate_before(settings, old, after, joined)
        trained: dict[str, Evaluated] = {}
        run_ids: dict[str, str | None] = {}
        for name, child in child_runs(settings, config, node, old).items():
            screen.note(f"{name}:")
            result = experiment.run(*child.config, child.pretrained, old.catalogue)
            assert result is not None  # strategies of several processes are refused
            assert result.evaluation is not None  # `splits` leaves a test
            assert result.users is not None
            run_ids[name] = result.run_id
            values = result.evaluation.values
            trained[name] = Evaluated(name, result.users, values, result.seconds)

        models = [unchanged, *(trained[name] for name in (UPDATED, SCRATCH) if name in trained)]
        comparison = compare_models(settings, models, after.catalogue.n_items)
        for model in models:
            prefix = model.name.replace(" ", "_")
            log.metrics({f"{prefix}/{key}": value for key, value in model.values.items()})
        context = RunContext(log, config)
        rows = {model.name: model.values for model in models}
        log.describe(described(rows, settings))
        context.table("comparison.csv", comparison.rows)
        screen.print(comparison_table(comparison))
        if settings.retrain:
            screen.note(time_share(log, *(model.seconds for model in models[1:])))
        tables = bucket_transitions(settings.bucket, before, after)
        show_transitions(context, screen, tables)
    screen.metrics(rows, settings.groups, settings.k, settings.displayed)
    if updated := run_ids[UPDATED]:
        screen.note(f"the updated model is run {updated}")
        screen.commands("next", *following(settings, invocation, updated))


def following(settings: UpdateSettings, invocation: Invocation, run_id: str) -> list[list[str]]:
    """Commands that use the updated model."""
    missing = settings.missing_switches
    origin = ["lrec", "update", *invocation.config.overrides] if missing else None
    return with_model(run_id, origin, switches=missing)


def learn_from_all(
    settings: UpdateSettings,
    invocation: Invocation,
    old: Model,
    data: Interactions,
    node: dict[str, Any],
    screen: Screen,
) -> None:
    """Train on with everything, the newest interactions too, and hold nothing out."""
    mark_known(Path(node["path"]), data, None)
    node[COLUMN] = COLUMN
    child = child_runs(settings, invocation.config, node, old)[UPDATED]
    screen.note(feedback_line(data, child.config[0].dataset.load(), node))
    result = experiment.run(*child.config, child.pretrained, old.catalogue)
    if result is not None and result.run_id is not None:
        screen.commands("next", *following(settings, invocation, result.run_id))


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


def evaluate_before(
    settings: UpdateSettings, model: Model, split: Split, data: Interactions
) -> Evaluated:
    """The saved model on the split of all data."""
    evaluator = Evaluator(
        split, settings.metric, settings.bucket, settings.k, settings.validate_users
    )
    result = evaluator.test(evaluator.ranker(model))
    keep_ids = settings.tracking.keep_user_ids
    users = published_table(result.table, split, data.digest, keep_ids)
    return Evaluated(BEFORE, users, result.values)


def compare_models(
    settings: UpdateSettings, models: Sequence[Evaluated], n_items: int
) -> Comparison:
    """The updated model against the one from scratch or, without it, the one before."""
    tables = [ModelTables(model.name, [model.users], n_items) for model in models]
    return compare(
        tables,
        SCRATCH if settings.retrain else BEFORE,
        settings.monitored.per_user,
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
        path = context.folder / f"bucket_transitions_{name}.csv"
        write_table(path, table, index=True)
        context.log.file(path)
        screen.note(f"users by {name}, from the bucket before (rows) to the bucket now:")
        screen.rows(table.reset_index(names="before"))
