"""Run of lists or predicted ratings of any make, logged like one of a model."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lrec.base.config.conf import options
from lrec.base.errors import ConfigError
from lrec.base.files import digest_of_file
from lrec.base.missing_files import existing
from lrec.commands import loading
from lrec.commands.composing import Invocation, key_of
from lrec.commands.data_lines import data_lines
from lrec.commands.evaluate import list_tables
from lrec.commands.evaluate.lists import ListEvaluation, evaluate_lists
from lrec.commands.next_commands import without
from lrec.commands.settings import RunSettings
from lrec.commands.train import kept_references
from lrec.commands.train.run_logging import (
    RunContext,
    log_chosen,
    log_data,
    log_figures,
    log_result,
    published_table,
)
from lrec.evaluation.references import with_references
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import LISTS, SavedRun

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("dataset", "split", "metric", "bucket", "tracking")
OWN = ("lists", "ratings", "name", "k", "seed", "hydra")


@dataclass(frozen=True)
class ListRun:
    """A finished run of lists.

    Attributes:
        name: of what made the lists.
        evaluation: of them.
        users: the user table as it is published, with pseudonyms of users.
        record: all that the run has logged.
    """

    name: str
    evaluation: ListEvaluation
    users: pd.DataFrame
    record: SavedRun

    @property
    def run_id(self) -> str | None:
        """MLflow's id; None where it has no such run, or cannot be reached yet."""
        return self.record.id or None


class ListSettings(Protocol):
    """The files, and what made them."""

    @property
    def lists(self) -> str | None:
        """The file of lists."""

    @property
    def ratings(self) -> str | None:
        """The file of predicted ratings."""

    @property
    def name(self) -> str | None:
        """Of what made them."""


def refuse_training_keys(overrides: Sequence[str]) -> None:
    """Refuse keys that lists have no use for.

    Raises:
        ConfigError: naming the first.
    """
    for override in overrides:
        key = key_of(override)
        if key.partition(".")[0] not in (*GROUPS, *OWN):
            raise ConfigError(
                f"{key} has no meaning for lists, which are made already; "
                f"{', '.join((*GROUPS, *OWN[:-1]))} do. Received: {override}"
            )


def run_lists(settings: RunSettings, given: ListSettings, invocation: Invocation) -> ListRun:
    """Evaluate the files on the split, and log a run that can be compared with models.

    Args:
        given: the files, and the name of what made them.
    """
    config, screen = invocation.config, Screen()
    show_warnings(screen)
    refuse_training_keys(config.overrides)
    paths = {key: getattr(given, key) for key in ("lists", "ratings")}
    files = {key: existing(path, key) for key, path in paths.items() if path is not None}
    name = given.name or next(iter(files.values())).name.partition(".")[0]
    if name in options("model"):
        warnings.warn(f"{name} is a model's name: the lists are called {name}-lists", stacklevel=2)
        name = f"{name}-lists"
    tables = {key: list_tables.read(path) for key, path in files.items()}
    data = loading.load_data(settings)
    split = loading.split(settings, data)
    evaluator = kept_references.evaluator(split, settings, data)
    # before the log: a file that does not fit leaves no run
    evaluated = evaluate_lists(tables.get("lists"), evaluator, tables.get("ratings"))
    result, buckets = evaluated.result, evaluator.buckets["test"]
    seeded = "seed" in map(key_of, config.overrides)
    tags = {"lrec.command": LISTS, "lrec.simple": "False", "lrec.seeded": str(seeded)}
    with settings.tracking.run(f"lists-{name}", tags, config.folder) as log:
        context = RunContext(log, config)
        digests = {f"{key}.digest": digest_of_file(path) for key, path in files.items()}
        made = {"model": name, "seed": settings.seed, **paths, **digests}
        log_chosen(context, (*GROUPS, "k"), made)
        log_data(context, settings.dataset.name, data, split)
        for line in data_lines(data, split, buckets):
            screen.line(line)
        for line in evaluated.notes:
            screen.line(f"lists: {line}")
        log.tags({"lrec.list_notes": "; ".join(evaluated.notes)})
        references = kept_references.references(evaluator, settings, config.values, data)
        rows = with_references(name, result.values, references)
        keep_ids = settings.tracking.keep_user_ids
        users = published_table(result.table, split, data.digest, keep_ids)
        log_result(context, result, rows, references, users, buckets, settings)
        log_figures(context, rows, settings, data)
    screen.metrics(rows, settings.groups, settings.k, settings.displayed)
    screen.note(log.location)
    shared = without(config.overrides, *OWN)
    if log.keeps_files:  # else the commands would not find this run
        own = ["lrec", "train", "model=itemknn", *shared]
        screen.commands("next", own, ["lrec", "compare", "baseline=itemknn"])
    return ListRun(name, evaluated, users, log.record)
