"""Comparison of saved runs by bucket, against a baseline."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

from lrec.base.errors import ConfigError, one_line
from lrec.base.files import write_table, write_text
from lrec.base.table_files import read_parquet
from lrec.commands import loading
from lrec.commands.compare.baseline import choose_baseline
from lrec.commands.compare.regrouping import regroup
from lrec.commands.compare.sentences import headline
from lrec.commands.compare.table import bucket_orders, comparison_table, fairness_table, items_table
from lrec.commands.composing import Invocation, key_of, location_of
from lrec.commands.data_lines import bucket_lines
from lrec.commands.next_commands import origin_of, with_saved
from lrec.commands.runs.saved import refuse_changed, settings_of
from lrec.commands.runs.selection import (
    ComparedModel,
    SelectionSettings,
    compared_params,
    provenance,
)
from lrec.commands.runs.sweep_composition import candidate_runs
from lrec.evaluation.bucket import ALL
from lrec.evaluation.comparison.compare import compare
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.user_alignment import (
    ComparisonError,
    ModelTables,
    metric_directions,
)
from lrec.evaluation.metric import Metric
from lrec.reporting.markdown import markdown
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import SavedRun, fetch

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CompareSettings(SelectionSettings):
    """The root of `conf/compare.yaml`.

    Attributes:
        primary: the metric that verdicts are given by.
        baseline: the model to compare with, or None for the best simple one on validation.
        resamples: of the bootstrap and of the sign flips.
    """

    primary: str
    baseline: str | None
    resamples: int

    file: ClassVar[str] = "conf/compare.yaml"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.resamples < 100:
            raise ConfigError(f"resamples must be 100 or more. Received: {self.resamples}")


def run(settings: CompareSettings, invocation: Invocation) -> None:
    """Compare the selected runs by bucket; print, write and log the result."""
    config = invocation.config
    screen = Screen()
    show_warnings(screen)
    regroups = [key for key in map(key_of, config.overrides) if key.split(".")[0] == "bucket"]
    run_ids = candidate_runs(settings, invocation, free=regroups)
    models = settings.compared_models(run_ids, screen)
    tables, edges = [user_tables(model) for model in models], {}
    if regroups and not run_ids:
        run_id = models[0].any.id
        trained = settings_of(run_id, location_of(config))
        data = refuse_changed(trained.dataset.load(), run_id)
        bucketings = list(settings.bucket.values())
        tables, buckets = regroup(tables, bucketings, loading.split(trained, data), data.digest)
        edges = {name: words for bucket in buckets for name, words in bucket.edges.items()}
        for line in bucket_lines(buckets):
            screen.line(line)
    columns = metric_directions(tables[0].tables[0], settings.metric, settings.primary)
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
        shown = comparison_table(comparison)
        further = (items_table(comparison), fairness_table(comparison))
        tables_shown = [table for table in (shown, *further) if table is not None]
        log.describe("\n\n".join([*sentences, *map(markdown, tables_shown)]))
        for path in write(config.folder, comparison, facts):
            log.file(path)

    for table in tables_shown:
        screen.print(table)
    for sentence in sentences:
        screen.note(sentence)
    screen.note(f"page: {config.folder / 'comparison.html'}")
    screen.note(log.location)
    name = best_model(comparison)
    best = next(model.any for model in models if model.name == name)
    screen.note(f"the best for all users: {name}{not_told_apart(comparison)}")
    screen.commands("next", *with_saved(best, location_of(config)))


def best_model(comparison: Comparison) -> str:
    """The name of the model with the best mean over all users."""
    primary = comparison.primary
    values = {name: comparison.row(name, primary, ALL)["value"] for name in comparison.models}
    return max(values, key=lambda name: comparison.directions[primary] * values[name])


def not_told_apart(comparison: Comparison) -> str:
    """Words on a model that the best one over all users is not shown to be better than."""
    lead = comparison.leads.get(ALL)
    return "" if lead is None or lead.shown else f", not told apart from {lead.second}"


def user_tables(model: ComparedModel) -> ModelTables:
    """The user tables of a model's runs."""
    tables = {run.id: user_table(run) for run in model.distinct.values()}
    return ModelTables(
        name=model.name,
        tables=[tables[run.id] for run in model.runs.values()],
        n_items=int(model.any.metrics["data/catalogue_items"]),
    )


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
    some = models[0].any
    return {
        "split": split_settings(some.params),
        "users": comparison.row(comparison.baseline, comparison.primary, ALL)["users"],
        "buckets": {
            key.removeprefix("lrec.bucket."): words
            for key, words in some.tags.items()
            if key.startswith("lrec.bucket.")
        }
        | dict(edges),
        "runs": {
            model.name: [
                {
                    "id": run.id,
                    "seed": seed,
                    "minutes": run.seconds / 60,
                    "command": shlex.join(origin_of(run.tags) or []),
                }
                for seed, run in model.distinct.items()
            ]
            for model in models
        },
    }


def split_settings(params: Mapping[str, str]) -> dict[str, str]:
    """The split of a run and its settings, without the class behind it."""
    keys = [key for key in sorted(params) if key.partition(".")[0] == "split"]
    return {key: params[key] for key in keys if not key.endswith("._target_")}


def describe_metrics(metrics: Mapping[str, Metric], columns: Iterable[str]) -> dict[str, Any]:
    """Facts on the metrics of columns: their meanings, and those that do not ask for hits."""
    of_columns = {
        column: metrics[(column.rpartition("_at_")[0] or column).removesuffix("_sub")]
        for column in columns
    }
    return {
        "meanings": {column: metric.meaning for column, metric in of_columns.items()},
        "plain": [column for column, metric in of_columns.items() if not metric.of_hits],
    }


def write(folder: Path, comparison: Comparison, facts: Mapping[str, Any]) -> list[Path]:
    """Write the comparison as a table, as JSON and as a page."""
    from lrec.commands.compare.page import page

    paths = [folder / f"comparison.{kind}" for kind in ("csv", "json", "html")]
    table, document, html = paths
    write_table(table, comparison.rows)
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
    }
    write_text(document, json.dumps(content, indent=1, allow_nan=False))
    write_text(html, page(comparison, facts))
    return paths


def differences(comparison: Comparison) -> dict[str, float]:
    """Metrics of a comparison in MLflow: `difference/<metric>/<bucket>/<model>`."""
    metrics = {}
    for model in comparison.models[1:]:
        for bucket in comparison.buckets:
            row = comparison.row(model, comparison.primary, bucket)
            if row["difference"] is not None:
                metrics[f"difference/{comparison.primary}/{bucket}/{model}"] = row["difference"]
    return metrics
