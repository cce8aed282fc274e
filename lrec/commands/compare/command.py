"""Comparison of saved runs by bucket, against a baseline."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import ClassVar

from lrec.base.errors import ConfigError
from lrec.commands.compare.baseline import choose_baseline
from lrec.commands.compare.course import course_sentences
from lrec.commands.compare.facts import describe, describe_metrics
from lrec.commands.compare.files import FIGURES, differences, write
from lrec.commands.compare.regrouping import regrouped
from lrec.commands.compare.sentences import headline
from lrec.commands.compare.table import bucket_orders, comparison_table, fairness_table, items_table
from lrec.commands.compare.user_tables import user_table, user_tables
from lrec.commands.composing import Invocation, key_of, location_of
from lrec.commands.data_lines import bucket_lines
from lrec.commands.next_commands import with_saved
from lrec.commands.runs.replicates import PARTS
from lrec.commands.runs.saved import settings_of
from lrec.commands.runs.selection import (
    SelectionSettings,
    compared_params,
    provenance,
)
from lrec.commands.runs.sweep_composition import candidate_runs
from lrec.evaluation.bucket import ALL
from lrec.evaluation.comparison.compare import compare
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.user_alignment import (
    metric_directions,
    shared_columns,
)
from lrec.reporting.markdown import markdown
from lrec.reporting.terminal import Screen, show_warnings


@dataclass(frozen=True)
class CompareSettings(SelectionSettings):
    """The root of `conf/compare.yaml`.

    Attributes:
        primary: the metric that verdicts are given by.
        baseline: the model to compare with, or None for the best simple one on validation.
        resamples: of the bootstrap and of the sign flips.
        windows, folds, split_seeds: parts of the data that candidates are trained and tested on.
    """

    primary: str
    baseline: str | None
    resamples: int
    windows: list[int]
    folds: list[int]
    split_seeds: list[int]

    file: ClassVar[str] = "conf/compare.yaml"
    apart: ClassVar[tuple[str, ...]] = PARTS

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("windows", "folds", "split_seeds"):
            values = getattr(self, name)
            if len(set(values)) < len(values) or min([0, *values]) < 0:
                raise ConfigError(
                    f"{name} must be different numbers, none negative. Received: {values}"
                )
            if values and not self.candidates:
                raise ConfigError(
                    f"{name} are of candidates=[…], which are trained on each of them; saved runs "
                    f"have their own. Received: {name}={values}"
                )
        if self.resamples < 100:
            raise ConfigError(f"resamples must be 100 or more. Received: {self.resamples}")

    @property
    def parts(self) -> list[tuple[str, ...]]:
        """The overrides of each part of the data; one without any if none are named."""
        values = {"window": self.windows, "fold": self.folds, "seed": self.split_seeds}
        return list(
            product(*([f"split.{key}={v}" for v in own] for key, own in values.items() if own))
        )


def run(settings: CompareSettings, invocation: Invocation) -> Comparison:
    """Compare the selected runs by bucket; print, write, log and return the result."""
    config = invocation.config
    screen = Screen()
    show_warnings(screen)
    regroups = [key for key in map(key_of, config.overrides) if key.split(".")[0] == "bucket"]
    run_ids = candidate_runs(settings, invocation, free=regroups, parts=settings.parts)
    models = settings.compared_models(run_ids, screen)
    tables = [table for model in models for table in user_tables(model, user_table)]
    edges: dict[str, str] = {}
    if regroups and not run_ids:
        tables, buckets = regrouped(settings.bucket, models, tables, location_of(config))
        edges = {name: words for bucket in buckets for name, words in bucket.edges.items()}
        for line in bucket_lines(buckets):
            screen.line(line)
    columns = metric_directions(shared_columns(tables), settings.metric, settings.primary)
    direction = columns[settings.primary]
    baseline = choose_baseline(models, settings.primary, direction, settings.baseline)
    comparison = compare(
        tables,
        baseline,
        settings.primary,
        settings.metric,
        bucket_orders(tables),
        settings.resamples,
    )
    facts = {
        **provenance(models, "compare", config.overrides),
        **describe(models, comparison, edges),
        "resamples": settings.resamples,
        "baseline_named": settings.baseline is not None,
        **describe_metrics(
            settings.metric, comparison.directions, [table.n_items for table in tables]
        ),
    }

    tags = {"lrec.command": "compare", "lrec.baseline": baseline, "lrec.primary": settings.primary}
    with settings.tracking.run(f"compare-{len(models)}-models", tags, config.folder) as log:
        log.params(compared_params(models))
        log.metrics(differences(comparison))
        sentences = headline(comparison, facts["buckets"], settings.baseline is None)
        sentences += course_sentences(comparison, facts["buckets"])
        shown = comparison_table(comparison)
        further = (items_table(comparison), fairness_table(comparison))
        tables_shown = [table for table in (shown, *further) if table is not None]
        log.describe("\n\n".join([*sentences, *map(markdown, tables_shown)]))
        cited = [settings_of(model.any.id).model for model in models if model.any.trained]
        for path in write(config.folder, comparison, facts, cited):
            log.file(path, FIGURES if path.parent.name == FIGURES else None)

    for table in tables_shown:
        screen.print(table)
    for sentence in sentences:
        screen.note(sentence)
    screen.note(f"page: {config.folder / 'comparison.html'}")
    screen.note("for a paper: comparison.tex, references.bib and figures/ beside it")
    screen.note(log.location)
    name = best_model(comparison)
    best = next(model.latest for model in models if model.name == name)
    screen.note(f"the best for all users: {name}{not_told_apart(comparison)}")
    screen.commands(f"next, with {name}", *with_saved(best, location_of(config)))
    return comparison


def best_model(comparison: Comparison) -> str:
    """The name of the model with the best mean over all users."""
    primary = comparison.primary
    values = {name: comparison.row(name, primary, ALL)["value"] for name in comparison.models}
    return max(values, key=lambda name: comparison.directions[primary] * values[name])


def not_told_apart(comparison: Comparison) -> str:
    """Words on a model that the best one over all users is not shown to be better than."""
    lead = comparison.leads.get(ALL)
    return "" if lead is None or lead.shown else f", not told apart from {lead.second}"
