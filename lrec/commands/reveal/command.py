"""Models shown more and more of the same held-out users, who are unknown to all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from rich.table import Table

from lrec.base.arrays import Floats
from lrec.base.errors import ConfigError
from lrec.base.files import write_table, write_text
from lrec.commands.composing import ComposedConfig, Invocation
from lrec.commands.reveal.curves import EARLY, Curves, ModelCurves, trace
from lrec.commands.runs.candidates import candidate_runs
from lrec.commands.runs.saved import ORACLE, held_out_split, load_model_for, references, settings_of
from lrec.commands.runs.selection import Contender, SelectionSettings, provenance
from lrec.data.queries import Queries, Split
from lrec.evaluation.metric import Lists, RankingMetric
from lrec.evaluation.ranking import Ranker
from lrec.model import Model
from lrec.reporting.formatting import metric_name, number
from lrec.reporting.terminal import Screen, cell, show_warnings


@dataclass(frozen=True)
class RevealSettings(SelectionSettings):
    """The root of `conf/reveal.yaml`.

    Attributes:
        primary: the metric of the curves.
        lengths: how many of a user's latest items the models see, rising from 0.
        min_users: fewest users that something is said about.
        resamples: of the bootstrap.
    """

    primary: str
    lengths: list[int]
    min_users: int
    resamples: int

    file: ClassVar[str] = "conf/reveal.yaml"

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
        name, _, k = self.primary.rpartition("_at_")
        metric = self.metric.get(name)
        if not (isinstance(metric, RankingMetric) and metric.direction > 0 and k.isdigit()):
            known = [n for n, m in self.metric.items() if isinstance(m, RankingMetric)]
            known = [f"{n}_at_{max(self.k)}" for n in known if self.metric[n].direction > 0]
            raise ConfigError(
                "primary must be a metric of ranked lists of which more is better: "
                f"{', '.join(known)}. Received: {self.primary}"
            )


def run(settings: RevealSettings, invocation: Invocation) -> None:
    """Ask every model about the same users with more and more items; show, and keep the curves."""
    composed = invocation.config
    ids = candidate_runs(settings, invocation)
    screen = Screen()
    show_warnings(screen)
    contenders = settings.contenders(ids, least=1)
    parts = settings_of(contenders[0].any.id)
    split = held_out_split(parts, "reveal", contenders[0].any.id)
    settings.strategy.start()
    asker = Asker(split, settings)
    screen.note(f"{len(split.test):,} users are held out; the models see {asker.lengths} items")
    measured = [asker.measure(contender, screen) for contender in contenders]
    beside = references(split, [contender.name for contender in contenders])
    measured += [asker.ask(name, model, name != ORACLE) for name, model in beside.items()]
    curves = trace(
        measured,
        split.test.history.lengths,
        settings.lengths,
        settings.min_users,
        settings.resamples,
    )
    facts = describe(settings, composed, contenders, split)
    tags = {"lrec.command": "reveal", "lrec.primary": settings.primary}
    with settings.tracking.run(f"reveal-{len(contenders)}-models", tags, composed.folder) as log:
        longest = curves.points[curves.points["cohort"] == curves.cohorts[-1]]
        for model, n, value in longest[["model", "n", "value"]].itertuples(index=False):
            log.metrics({f"reveal/{settings.primary}/{model}": value}, step=n)
        for path in write(composed.folder, curves, facts):
            log.file(path)
    for cohort in curves.cohorts:
        screen.console.print(shown(curves, cohort, settings.primary))
    screen.note(f"page: {composed.folder / 'reveal.html'}")
    screen.note(log.where)


class Asker:
    """Asks models about the same users, with ever longer histories."""

    def __init__(self, split: Split, settings: RevealSettings) -> None:
        self.split = split
        self.queries = split.test
        self.lengths = settings.lengths
        name, _, k = settings.primary.rpartition("_at_")
        self.metric = settings.metric[name]
        self.k = int(k)

    def measure(self, contender: Contender, screen: Screen) -> ModelCurves:
        """The mean over a contender's seeds."""
        found = []
        for seed, run in contender.runs.items():
            screen.note(f"asking {contender.name}, seed {seed}")
            found.append(self.ask(contender.name, load_model_for(run.id, self.split.catalogue)))
        return ModelCurves(
            name=contender.name,
            values=np.mean([m.values for m in found], axis=0),
            covered=np.mean([m.covered for m in found], axis=0),
            whole=np.mean([m.whole for m in found], axis=0),
        )

    def ask(self, name: str, model: Model, competes: bool = True) -> ModelCurves:
        """One model, at every length and with whole histories."""
        ranker = Ranker(model, self.k)
        has = self.queries.history.lengths
        values = np.full((len(has), len(self.lengths)), np.nan)
        covered = values.copy()
        for at, n in enumerate(self.lengths):
            users = np.flatnonzero(has >= n)
            asked = self.queries.take(users).revealing(n)
            values[users, at], covered[users, at] = self._answer(ranker, asked)
        return ModelCurves(name, values, covered, self._answer(ranker, self.queries)[0], competes)

    def _answer(self, ranker: Ranker, queries: Queries) -> tuple[Floats, Floats]:
        """The metric of each user, and whether the answer was the model's own."""
        ranking = ranker(queries)
        lists = Lists(
            ranking.items,
            queries.target,
            queries.history,
            ranking.is_personalised,
            ranker.model.catalogue,
        )
        assert isinstance(self.metric, RankingMetric)
        return self.metric(lists, self.k), ranking.is_personalised.astype(float)


def describe(
    settings: RevealSettings,
    composed: ComposedConfig,
    contenders: Sequence[Contender],
    split: Split,
) -> dict[str, Any]:
    """What has to be known to read and repeat the curves."""
    return {
        **provenance(contenders, "reveal", composed.overrides),
        "primary": settings.primary,
        "resamples": settings.resamples,
        "min_users": settings.min_users,
        "users": len(split.test),
        "train_users": len(split.train),
        "targets": int(split.test.target.lengths.sum()),
    }


def write(folder: Path, curves: Curves, facts: Mapping[str, Any]) -> list[Path]:
    """The curves as a table, as JSON and as a page."""
    from lrec.commands.reveal.page import page

    paths = [folder / f"reveal.{kind}" for kind in ("csv", "json", "html")]
    table, document, html = paths
    write_table(table, curves.points)
    frames = ("points", "summary", "winners", "natural")
    content = {name: json.loads(getattr(curves, name).to_json(orient="records")) for name in frames}
    write_text(document, json.dumps({**facts, "cohorts": curves.cohorts, **content}, indent=1))
    write_text(html, page(curves, facts))
    return paths


def shown(curves: Curves, cohort: int, primary: str) -> Table:
    """The curves of one cohort, for a terminal."""
    points = curves.points[curves.points["cohort"] == cohort]
    summary = curves.summary[curves.summary["cohort"] == cohort]
    users = int(points["users"].iloc[0])
    table = Table(box=None, pad_edge=False, title_justify="left")
    table.title = (
        f"{metric_name(primary)} of {users:,} users with {cohort} items or more, by items shown"
    )
    table.add_column("model")
    for n in points["n"].unique():
        table.add_column(str(n), justify="right")
    table.add_column("n*", justify="right")
    table.add_column("to 8 items", justify="right")
    for told in summary.to_dict("records"):
        values = points.loc[points["model"] == told["model"], "value"].to_list()
        needed = f"{told['needed']} ({told['needed_low']}-{told['needed_high']})"
        table.add_row(cell(told["model"]), *map(number, values), needed, number(told["area"]))
    return table
