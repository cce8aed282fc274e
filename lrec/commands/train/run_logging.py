"""Everything that a run logs: config, data, metrics, user table, model, figures."""

from __future__ import annotations

import json
import shlex
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.config import plugins
from lrec.base.config.schema import targets_of
from lrec.base.errors import listed
from lrec.base.files import write_table, write_text
from lrec.base.machine import cpus, peak_memory
from lrec.commands.composing import ComposedConfig
from lrec.commands.runs.config_digest import config_digest
from lrec.commands.runs.stored_config import stored_text
from lrec.commands.settings import RunSettings
from lrec.commands.train.pseudonyms import pseudonyms
from lrec.commands.train.restored_model import restoring_fault
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.bucket import Buckets
from lrec.evaluation.evaluator import EvaluationResult
from lrec.evaluation.recommender import example
from lrec.evaluation.references import Rows
from lrec.model import Model
from lrec.model.common import saving
from lrec.model.content.by_content import node_of
from lrec.reporting import figures
from lrec.reporting.formatting import metric_name, number
from lrec.reporting.markdown import markdown_table
from lrec.reporting.terminal import column_of
from lrec.tracking import CONFIG, UNSAVED, Log

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RunContext:
    """A run that is being logged.

    Attributes:
        log: writes to MLflow.
        config: of the run.
    """

    log: Log
    config: ComposedConfig

    @property
    def folder(self) -> Path:
        """The run's own folder, in which logged files stay."""
        return self.config.folder

    def text(self, name: str, text: str) -> None:
        """Write a file of the run, and log it."""
        write_text(self.folder / name, text)
        self.log.file(self.folder / name)

    def table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table of the run as CSV or Parquet, and log it."""
        write_table(self.folder / name, table)
        self.log.file(self.folder / name)


def log_config(context: RunContext, seeded: bool, items: Path | None = None) -> None:
    """Config, command line and versions: what it takes to repeat the run.

    Args:
        seeded: False if the seed does not change the run.
        items: the data set's table of items, if it has one.
    """
    config, log = context.config, context.log
    flat: dict[str, Any] = {}
    for group, node in config.values.items():
        flat |= {group: node} if not isinstance(node, dict) else _flat(node, group)
    log.params({**config.choices, **flat})
    log.environment(plugins.outside(targets_of(config.values)))
    log.tags(
        {
            "lrec.config": config_digest(config.values, seeded, items),
            "lrec.seeded": seeded,
            "lrec.overrides": shlex.join(config.overrides),
        }
    )
    context.text("overrides.txt", "\n".join(config.overrides))
    context.text(CONFIG, stored_text(config.values))  # last: with it, the run can be resumed


def log_chosen(context: RunContext, groups: Sequence[str], more: Mapping[str, Any]) -> None:
    """Parameters of a run that trains nothing: of these groups of the config only.

    Args:
        groups: of the config, and keys at its root.
        more: parameters of its own.
    """
    config, log = context.config, context.log
    flat: dict[str, Any] = {group: config.choices.get(group, "") for group in groups}
    for group in groups:
        node = config.values[group]
        flat |= _flat(node, group) if isinstance(node, dict) else {group: node}
    log.params({**flat, **more})
    log.environment()
    log.tags({"lrec.overrides": shlex.join(config.overrides)})


def log_data(context: RunContext, name: str, data: Interactions, split: Split) -> None:
    """The data by its content, and the counts of the split's parts."""
    source = {key: str(value) for key, value in context.config.values["dataset"].items()}
    context.log.dataset(name, data.digest, source)
    context.log.metrics({f"data/{key}": value for key, value in split.counts.items()})
    if data.columns is not None:
        chosen = {f"lrec.column.{role}": name for role, name in data.columns.chosen.items()}
        context.log.tags({**chosen, "lrec.columns_not_used": listed(data.columns.unused)})


def log_training(context: RunContext, epochs: int, seconds: float) -> None:
    """Epochs and seconds of training: no metrics, which are the same for the same config."""
    context.log.tags({"lrec.epochs": epochs, "lrec.fit_seconds": f"{seconds:.3f}"})
    context.text("training.json", json.dumps({"epochs": epochs, "seconds": seconds}))


def log_costs(context: RunContext, model: Model, seconds: float) -> None:
    """Costs as tags, as they are another time others: of the test, in size, and of the machine.

    Args:
        seconds: of ranking all test users, with their metrics.
    """
    costs = {
        "test_seconds": f"{seconds:.3f}",
        "parameters": n_parameters(model),
        "peak_memory_gb": f"{peak_memory() / 1e9:.2f}",
        "cpus": len(cpus()),
    }
    context.log.tags({f"lrec.{name}": value for name, value in costs.items()})


def n_parameters(model: Model) -> int:
    """Numbers in the state of a trained model."""
    return sum(int(np.size(array)) for array in saving.state_of(model).values())


def log_augmentation(context: RunContext, split: Split, training: Split) -> None:
    """The number of interactions added to the training data, and of users who got them."""
    added = training.train.lengths - split.train.lengths
    context.log.metrics(
        {
            "data/augmented_users": float((added > 0).sum()),
            "data/augmented_interactions": float(added.sum()),
        }
    )


def log_result(
    context: RunContext,
    result: EvaluationResult,
    rows: Rows,
    references: Rows,
    users: pd.DataFrame,
    buckets: Sequence[Buckets],
    settings: RunSettings,
) -> None:
    """The metrics, the model's as they are and references' under their names; the user table.

    Args:
        rows: metrics of the model and of the references beside it, for `metrics.json`.
        users: the published user table.
    """
    log = context.log
    log.metrics(result.values)
    for name, values in references.items():
        log.metrics({f"{name}/{key}": value for key, value in values.items()})
    of_buckets = [*(bucket.edges for bucket in buckets), result.item_edges]
    edges = {f"lrec.bucket.{n}": words for named in of_buckets for n, words in named.items()}
    ignored = {"lrec.history_items_ignored": result.ignored}
    log.tags({"lrec.rating_head": result.rating_head, **ignored, **edges})
    log.describe(described(rows, settings))
    context.table("users.parquet", users)
    context.text("metrics.json", json.dumps(rows, indent=1))


def shown_columns(rows: Rows, settings: RunSettings) -> list[str]:
    """The columns of the metrics that terminal, figures and descriptions show, as far as known."""
    names = [column_of(metric, rows, settings.k) for metric in settings.displayed]
    known = {key.partition("/")[0] for values in rows.values() for key in values}
    return [name for name in names if name in known]


def described(rows: Rows, settings: RunSettings) -> str:
    """The metrics that are shown, by bucket, as tables in Markdown: a line for each model.

    Args:
        rows: metrics of each model.
    """
    first = next(iter(rows.values()))
    groups = [group for group in settings.groups if first.get(f"users/{group}")]
    lines = []
    for name in shown_columns(rows, settings):
        cells = [
            [model, *(number(values.get(f"{name}/{group}")) for group in groups)]
            for model, values in rows.items()
        ]
        lines += [markdown_table([metric_name(name), *groups], cells), ""]
    counts = ", ".join(f"{first[f'users/{group}']:,.0f} {group}" for group in groups)
    return "\n".join([*lines, f"Test users: {counts}."])


def log_model(context: RunContext, model: Model, histories: Histories) -> None:
    """The trained model, as a pyfunc; that of a plugin only if it is the same once restored.

    Args:
        histories: to be scored by the model and by the one that was saved.
    """
    folder = context.folder / "model"
    node = node_of(model, context.config.values["model"])
    saving.save(folder, model, node)
    if plugins.outside(targets_of(node)) and (fault := restoring_fault(folder, model, histories)):
        shutil.rmtree(folder)
        context.log.tags({UNSAVED: fault})
        warnings.warn(f"the model is not saved: {fault}", stacklevel=2)
        return
    context.log.model(folder, example(model.catalogue))


def log_curves(context: RunContext, history: Sequence[Mapping[str, float]], monitor: str) -> None:
    """Loss and monitored metric over epochs, where there were any."""
    if history:
        path = context.folder / "figures" / "curves.png"
        figures.curves(history, monitor, path)
        context.log.file(path, "figures")


def log_figures(context: RunContext, rows: Rows, settings: RunSettings, data: Interactions) -> None:
    """Metrics by bucket, those of the terminal's table; distributions of activity, popularity."""
    folder = context.folder / "figures"
    if rows:
        drawn = shown_columns(rows, settings)
        figures.by_bucket(rows, drawn, settings.groups, folder / "by_bucket.png")
    figures.distributions(data.activity, data.popularity, folder / "distributions.png")
    for name in ("by_bucket.png", "distributions.png"):
        if (folder / name).exists():
            context.log.file(folder / name, "figures")


def published_table(
    table: pd.DataFrame, split: Split, digest: str, keep_user_ids: bool
) -> pd.DataFrame:
    """The user table with the items' ids, and the users' pseudonyms or ids.

    Args:
        digest: of the data, which a user's pseudonym depends on.
        keep_user_ids: keep the users' own ids instead.
    """
    import pandas as pd

    names = split.catalogue.ids.astype(object)
    ids = [names[row[row >= 0]].tolist() for row in table["items"]]
    users = split.user_ids[table["user"]]
    published = table.assign(user=users if keep_user_ids else pseudonyms(users, digest))
    published["items"] = pd.Series(ids, index=published.index)
    return published


def _flat(node: dict[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in node.items():
        inner = isinstance(value, dict)
        flat |= _flat(value, f"{prefix}.{key}") if inner else {f"{prefix}.{key}": value}
    return flat
