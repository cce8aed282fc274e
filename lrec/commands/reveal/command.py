"""Curves of quality over the items that models are shown of the same held-out users."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from lrec.base.errors import ConfigError
from lrec.base.files import write_table, write_text
from lrec.commands.composing import Invocation, location_of
from lrec.commands.next_commands import over_runs, with_saved
from lrec.commands.reveal.curve_measures import EARLY
from lrec.commands.reveal.curves import Curves, cohorts_of, reveal_curves
from lrec.commands.reveal.revealer import HistoryRevealer
from lrec.commands.reveal.sentences import lead_sentences, summary
from lrec.commands.reveal.table import curves_table
from lrec.commands.runs.saved import held_out_split, other_references, settings_of
from lrec.commands.runs.selection import SelectionSettings, compared_params, provenance
from lrec.commands.runs.sweep_composition import candidate_runs
from lrec.data.queries import Split
from lrec.evaluation.metric import RankingMetric
from lrec.evaluation.references import ORACLE
from lrec.reporting.markdown import markdown
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import Log


@dataclass(frozen=True)
class RevealSettings(SelectionSettings):
    """The root of `conf/reveal.yaml`.

    Attributes:
        primary: the metric of the curves.
        lengths: numbers of a user's latest items that the models see, rising from 0.
        min_users: fewest users of a curve or a point.
        resamples: of the bootstrap.
    """

    primary: str
    lengths: list[int]
    min_users: int
    resamples: int

    file: ClassVar[str] = "conf/reveal.yaml"
    held_out: ClassVar[bool] = True
    loads_models: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lengths[:1] != [0] or self.lengths != sorted(set(self.lengths)):
            raise ConfigError(f"lengths must rise from 0. Received: {self.lengths}")
        if not any(0 < n <= EARLY for n in self.lengths):
            raise ConfigError(
                f"lengths must have one from 1 to {EARLY}, or there is no area under the curves. "
                f"Received: {self.lengths}"
            )
        if self.min_users < 2:
            raise ConfigError(f"min_users must be 2 or more. Received: {self.min_users}")
        if self.resamples < 100:
            raise ConfigError(f"resamples must be 100 or more. Received: {self.resamples}")
        self.primary_metric  # noqa: B018 - checked as it is taken apart

    def check_users(self, split: Callable[[], Split]) -> None:
        """Refuse data without enough users for a curve."""
        cohorts_of(split().test.history.lengths, self.lengths, self.min_users)

    @property
    def primary_metric(self) -> tuple[RankingMetric, int]:
        """The metric of the curves, and its k.

        Raises:
            ConfigError: it is no metric of ranked lists, or less of it is better.
        """
        name, _, k = self.primary.rpartition("_at_")
        metric = self.metric.get(name)
        if isinstance(metric, RankingMetric) and metric.direction > 0 and k.isdigit():
            return metric, int(k)
        usable = [
            f"{name}_at_{max(self.k)}"
            for name, metric in self.metric.items()
            if isinstance(metric, RankingMetric) and metric.direction > 0
        ]
        raise ConfigError(
            "primary must be a metric of ranked lists of which more is better: "
            f"{', '.join(usable)}. Received: {self.primary}"
        )


def run(settings: RevealSettings, invocation: Invocation) -> None:
    """Evaluate every model on the same users with more and more items; log the curves."""
    config = invocation.config
    screen = Screen()
    show_warnings(screen)
    run_ids = candidate_runs(settings, invocation)
    models = settings.compared_models(run_ids, screen, least=1)
    run_id = models[0].any.id
    split = held_out_split(settings_of(run_id, location_of(config)), "reveal", run_id)
    settings.check_users(lambda: split)
    settings.strategy.start_for(any(model.uses_tensorflow for model in models))
    metric, k = settings.primary_metric
    revealer = HistoryRevealer(split, metric, k, settings.lengths)
    screen.note(f"{len(split.test):,} users are held out; the models see {settings.lengths} items")
    evaluated = [revealer.evaluate_runs(model, screen) for model in models]
    for name, reference in other_references(split, [model.name for model in models]).items():
        evaluated.append(revealer.evaluate(name, reference, competes=name != ORACLE))
    curves = reveal_curves(
        evaluated,
        split.test.history.lengths,
        settings.lengths,
        settings.min_users,
        settings.resamples,
    )
    facts = provenance(models, "reveal", config.overrides) | describe(settings, split)
    tags = {"lrec.command": "reveal", "lrec.primary": settings.primary}
    with settings.tracking.run(f"reveal-{len(models)}-models", tags, config.folder) as log:
        log.params(compared_params(models))
        log_longest(log, curves, settings.primary)
        shown = {c: curves_table(curves, c, settings.primary) for c in curves.cohorts}
        log.describe("\n\n".join([*summary(curves), *map(markdown, shown.values())]))
        for path in write(config.folder, curves, facts):
            log.file(path)
    for cohort, table in shown.items():
        screen.print(table)
        for sentence in lead_sentences(curves, cohort):
            screen.note(sentence)
    screen.note(f"page: {config.folder / 'reveal.html'}")
    screen.note(log.location)
    run_ids = [run.id for model in models for run in model.distinct.values()]
    several = [over_runs("simulate", run_ids, location_of(config))]
    screen.commands(
        "next", *(several if len(models) > 1 else with_saved(models[0].any, location_of(config)))
    )


def describe(settings: RevealSettings, split: Split) -> dict[str, Any]:
    """Facts for readers of the curves: metric, users and targets."""
    return {
        "primary": settings.primary,
        "meaning": settings.primary_metric[0].meaning,
        "resamples": settings.resamples,
        "min_users": settings.min_users,
        "users": len(split.test),
        "train_users": len(split.train),
        "targets": int(split.test.target.lengths.sum()),
    }


def log_longest(log: Log, curves: Curves, primary: str) -> None:
    """Log the curves of the last cohort, by items shown."""
    longest = curves.points[curves.points["cohort"] == curves.cohorts[-1]]
    for model, n, value in longest[["model", "n", "value"]].itertuples(index=False):
        log.metrics({f"reveal/{primary}/{model}": value}, step=n)


def write(folder: Path, curves: Curves, facts: Mapping[str, Any]) -> list[Path]:
    """Write the curves as a table, as JSON and as a page."""
    from lrec.commands.reveal.page import page

    paths = [folder / f"reveal.{kind}" for kind in ("csv", "json", "html")]
    table, document, html = paths
    write_table(table, curves.points)
    frames = ("points", "summary", "winners", "natural")
    content = {name: json.loads(getattr(curves, name).to_json(orient="records")) for name in frames}
    sentences = {cohort: lead_sentences(curves, cohort) for cohort in curves.cohorts}
    content = {**facts, "cohorts": curves.cohorts, "sentences": sentences, **content}
    write_text(document, json.dumps(content, indent=1))
    write_text(html, page(curves, facts))
    return paths
