"""Saved runs held against each other: which ones, how they differ by bucket, and the page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar

from lrec.base.errors import ConfigError
from lrec.base.files import write_table, write_text
from lrec.commands.compare.sentences import headline
from lrec.commands.compare.table import bucket_orders, shown
from lrec.commands.composing import ComposedConfig, Invocation
from lrec.commands.runs.candidates import candidate_runs
from lrec.commands.runs.selection import Contender, SelectionSettings, choose_baseline, provenance
from lrec.evaluation.bucket import ALL
from lrec.evaluation.comparison.compare import compare
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.user_alignment import (
    ModelTables,
    directions,
)
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


def run(contest: CompareSettings, invocation: Invocation) -> None:
    """Compare, show, and keep the result as a run of its own."""
    composed = invocation.config
    ids = candidate_runs(contest, invocation) or contest.runs
    screen = Screen()
    show_warnings(screen)
    contenders = contest.contenders(ids)
    answers = [read_answers(contender) for contender in contenders]
    ways = directions(answers[0].tables[0], contest.metric, contest.primary)
    baseline = choose_baseline(contenders, contest.primary, ways[contest.primary], contest.baseline)
    orders = bucket_orders(answers)
    comparison = compare(
        answers, baseline, contest.primary, contest.metric, orders, contest.resamples
    )
    facts = describe(contest, composed, contenders, comparison)

    tags = {"lrec.command": "compare", "lrec.baseline": baseline, "lrec.primary": contest.primary}
    with contest.tracking.run(f"compare-{len(contenders)}-models", tags, composed.folder) as log:
        log.metrics(_differences(comparison))
        for path in write(composed.folder, comparison, facts):
            log.file(path)

    screen.console.print(shown(comparison))
    for sentence in headline(comparison, facts["buckets"]):
        screen.note(sentence)
    screen.note(f"page: {composed.folder / 'comparison.html'}")
    screen.note(log.where)


def read_answers(contender: Contender) -> ModelTables:
    """The user tables of a contender's runs."""
    return ModelTables(
        name=contender.name,
        tables=[user_table(run) for run in contender.runs.values()],
        n_items=int(contender.any.metrics["data/catalogue_items"]),
    )


def user_table(run: SavedRun) -> pd.DataFrame:
    """The user table of a run.

    Raises:
        RuntimeError: the run has none, or it is damaged.
    """
    import pandas as pd

    with TemporaryDirectory() as folder:
        path = fetch(run.id, "users.parquet", Path(folder))
        try:
            return pd.read_parquet(path)
        except Exception as error:
            raise RuntimeError(
                f"users.parquet of run {run.id} cannot be read, train it again: {error}"
            ) from None


def describe(
    contest: CompareSettings,
    composed: ComposedConfig,
    contenders: Sequence[Contender],
    comparison: Comparison,
) -> dict[str, Any]:
    """What has to be known to read and repeat a comparison."""
    some = contenders[0].any
    return {
        **provenance(contenders, "compare", composed.overrides),
        "split": {k: v for k, v in sorted(some.params.items()) if k.partition(".")[0] == "split"},
        "users": comparison.row(comparison.baseline, comparison.primary, ALL)["users"],
        "buckets": {
            key.removeprefix("lrec.evaluation.bucket."): words
            for key, words in some.tags.items()
            if key.startswith("lrec.evaluation.bucket.")
        },
        "resamples": contest.resamples,
        "baseline_named": contest.baseline is not None,
        "runs": {
            contender.name: [
                {
                    "id": run.id,
                    "seed": seed,
                    "minutes": run.seconds / 60,
                    "command": f"lrec train {run.tags.get('lrec.overrides', '')}".rstrip(),
                }
                for seed, run in contender.runs.items()
            ]
            for contender in contenders
        },
    }


def write(folder: Path, comparison: Comparison, facts: Mapping[str, Any]) -> list[Path]:
    """The comparison as a table, as JSON and as a page."""
    from lrec.commands.compare.page import page

    paths = [folder / f"comparison.{kind}" for kind in ("csv", "json", "html")]
    table, document, html = paths
    write_table(table, comparison.rows)
    rows = [comparison.row(*key) for key in comparison.keys]
    served = [] if comparison.served is None else comparison.served.to_dict("records")
    content = {
        **facts,
        "baseline": comparison.baseline,
        "primary": comparison.primary,
        "headline": headline(comparison, facts["buckets"]),
        "subsample": comparison.subsample,
        "rows": rows,
        "served": served,
    }
    write_text(document, json.dumps(content, indent=1, allow_nan=False))
    write_text(html, page(comparison, facts))
    return paths


def _differences(comparison: Comparison) -> dict[str, float]:
    """What MLflow shows of a comparison: `difference/<metric>/<bucket>/<model>`."""
    found = {}
    for model in comparison.models[1:]:
        for bucket in comparison.buckets:
            row = comparison.row(model, comparison.primary, bucket)
            if row["difference"] is not None:
                found[f"difference/{comparison.primary}/{bucket}/{model}"] = row["difference"]
    return found
