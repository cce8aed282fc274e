"""Comparison of saved runs by bucket, against a baseline."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

from lrec.base.errors import ConfigError, one_line
from lrec.base.files import write_table, write_text
from lrec.base.table_files import read_parquet
from lrec.commands.citations import bibliography
from lrec.commands.compare.baseline import choose_baseline
from lrec.commands.compare.course import course_sentences
from lrec.commands.compare.regrouping import regrouped
from lrec.commands.compare.sentences import headline
from lrec.commands.compare.table import bucket_orders, comparison_table, fairness_table, items_table
from lrec.commands.composing import Invocation, key_of, location_of
from lrec.commands.data_lines import bucket_lines
from lrec.commands.next_commands import origin_of, with_saved
from lrec.commands.runs.replicates import PARTS
from lrec.commands.runs.saved import settings_of
from lrec.commands.runs.selection import (
    ComparedModel,
    SelectionSettings,
    compared_params,
    provenance,
    shared_split,
)
from lrec.commands.runs.sweep_composition import candidate_runs
from lrec.evaluation.bucket import ALL
from lrec.evaluation.comparison.compare import compare
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.user_alignment import (
    ComparisonError,
    ModelTables,
    metric_directions,
    shared_columns,
)
from lrec.evaluation.metric import Metric, metric_of
from lrec.model import Model
from lrec.reporting.markdown import markdown
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import SavedRun, fetch

if TYPE_CHECKING:
    import pandas as pd

FIGURES = "figures"  # folder of charts as PDF and SVG


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
        **describe_metrics(settings.metric, comparison.directions),
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


def user_tables(
    model: ComparedModel, table_of: Callable[[SavedRun], pd.DataFrame]
) -> list[ModelTables]:
    """The user tables of a model's runs, for each part of the data.

    Args:
        table_of: fetches the table of a run.
    """
    tables = {run.id: table_of(run) for _, run in model.trained}
    return [
        ModelTables(
            name=model.name,
            tables=[tables[run.id] for run in runs.values()],
            n_items=int(next(iter(runs.values())).metrics["data/catalogue_items"]),
            part=part,
        )
        for part, runs in model.by_part.items()
    ]


def user_table(run: SavedRun) -> pd.DataFrame:
    """The user table of a run.

    Raises:
        ComparisonError: the run was trained without a test.
        RuntimeError: the run has none, or it is damaged.
    """
    if "test_items/all" not in run.metrics:
        raise ComparisonError(
            f"run {run.id} has no test to compare: it learned from all of its data "
            "(evaluate=false), or nobody had test items. Name another run, or ask this one about "
            f"later data: lrec evaluate run={run.id} dataset.path=…"
        )

    with TemporaryDirectory() as folder:
        path = fetch(run.id, "users.parquet", Path(folder))
        try:
            return read_parquet(path)
        except Exception as error:
            raise RuntimeError(
                f"users.parquet of run {run.id} cannot be read, train it again: {one_line(error)}"
            ) from None


def describe(
    models: Sequence[ComparedModel], comparison: Comparison, edges: Mapping[str, str]
) -> dict[str, Any]:
    """Facts for readers of a comparison: split, users, buckets, and the command of every run.

    Args:
        edges: bucket -> its meaning, of buckets that the runs were not trained with.
    """
    return {
        "split": shared_split(models),
        "parts": comparison.parts,
        "users": comparison.row(comparison.baseline, comparison.primary, ALL)["users"],
        "buckets": meanings([run for _, run in models[0].trained]) | dict(edges),
        "runs": {
            model.name: [
                {
                    "id": run.id,
                    "seed": run.seed,
                    "part": part,
                    "minutes": run.seconds / 60,
                    "command": shlex.join(origin_of(run.tags) or []),
                }
                for part, run in model.trained
            ]
            for model in models
        },
    }


def meanings(runs: Sequence[SavedRun]) -> dict[str, str]:
    """The meaning of each bucket; all of them where edges depend on the part of the data."""
    found: dict[str, dict[str, None]] = {}
    for run in runs:
        for key, words in run.tags.items():
            if key.startswith("lrec.bucket."):
                found.setdefault(key.removeprefix("lrec.bucket."), {})[words] = None
    return {bucket: " or ".join(words) for bucket, words in found.items()}


def describe_metrics(metrics: Mapping[str, Metric], columns: Iterable[str]) -> dict[str, Any]:
    """Facts on the metrics of columns: their meanings, and those that do not ask for hits."""
    of_columns = {column: metrics[metric_of(column)] for column in columns}
    return {
        "meanings": {column: metric.meaning for column, metric in of_columns.items()},
        "plain": [column for column, metric in of_columns.items() if not metric.of_hits],
    }


def write(
    folder: Path, comparison: Comparison, facts: Mapping[str, Any], models: Sequence[Model]
) -> list[Path]:
    """Write the comparison as tables, as JSON, as a page, and for a paper.

    Args:
        models: that are cited.

    Returns:
        The paths.
    """
    from lrec.commands.compare.charts import charts_of
    from lrec.commands.compare.latex import latex
    from lrec.commands.compare.page import page
    from lrec.commands.compare.paper_figures import write_figures

    content = {
        **facts,
        "baseline": comparison.baseline,
        "primary": comparison.primary,
        "headline": headline(comparison, facts["buckets"], not facts["baseline_named"]),
        "leads": {bucket: asdict(lead) for bucket, lead in comparison.leads.items()},
        "subsample": comparison.subsample,
        "rows": [comparison.row(*key) for key in comparison.keys],
        "items": comparison.item_records,
        "fairness": comparison.fairness_records,
        "served": [] if comparison.served is None else comparison.served.to_dict("records"),
        "course": comparison.course_records,
    }
    charts = charts_of(comparison, facts)
    texts = {
        "comparison.json": json.dumps(content, indent=1, allow_nan=False),
        "comparison.html": page(comparison, facts, charts),
        "comparison.tex": latex(comparison, facts),
        "references.bib": bibliography(models),
    }
    tables = {"comparison.csv": comparison.rows, "comparison_wide.csv": wide(comparison)}
    for name, table in tables.items():
        write_table(folder / name, table)
    for name, text in texts.items():
        write_text(folder / name, text)
    figures = write_figures(charts.all, folder / FIGURES)
    return [*(folder / name for name in (*tables, *texts)), *figures]


def wide(comparison: Comparison) -> pd.DataFrame:
    """One row for each model, one column for each metric and bucket, `<metric>/<bucket>`."""
    rows = comparison.rows
    columns = rows["metric"] + "/" + rows["bucket"]
    table = rows.assign(column=columns).pivot_table(
        index="model", columns="column", values="value", sort=False, dropna=False
    )
    return table.reindex(comparison.models)[list(dict.fromkeys(columns))].reset_index()


def differences(comparison: Comparison) -> dict[str, float]:
    """Metrics of a comparison in MLflow: `difference/<metric>/<bucket>/<model>`."""
    metrics = {}
    for model in comparison.models[1:]:
        for bucket in comparison.buckets:
            row = comparison.row(model, comparison.primary, bucket)
            if row["difference"] is not None:
                metrics[f"difference/{comparison.primary}/{bucket}/{model}"] = row["difference"]
    return metrics
