"""Models that live with what they cause: each plays the feedback loop with the same people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from rich.table import Table

from lrec.base.arrays import Ints
from lrec.base.errors import ConfigError
from lrec.base.files import write_table, write_text
from lrec.commands.composing import ComposedConfig, Invocation
from lrec.commands.runs.candidates import candidate_runs
from lrec.commands.runs.saved import ORACLE, held_out_split, load_model_for, references, settings_of
from lrec.commands.runs.selection import Contender, SelectionSettings, provenance
from lrec.commands.simulate.results import (
    ModelResult,
    SimulationResults,
    summarise_rollouts,
    tabulate,
)
from lrec.commands.simulate.retraining import RankingPolicy, count, trainer
from lrec.commands.simulate.simulation import (
    Environment,
    GroundTruthEnvironment,
    HeldOutEnvironment,
    Policy,
    random_policy,
    roll_out,
)
from lrec.data.queries import Split
from lrec.evaluation.bucket import ALL, COLD, Bucketing
from lrec.reporting.formatting import number, signed
from lrec.reporting.terminal import Screen, cell, show_warnings

if TYPE_CHECKING:
    import pandas as pd

RANDOM = "random"


@dataclass(frozen=True)
class SimulateSettings(SelectionSettings):
    """The root of `conf/simulate.yaml`.

    Attributes:
        start: earliest items of each user that the models know before the first round.
        rounds: of recommending and accepting.
        shown: items recommended to each user in a round.
        active: items from which a user counts as active.
        retrain: whether models are also trained again after every round.
        resamples: of the bootstrap.
        simulation_seed: of what is accepted, and of the random control.
    """

    start: int
    rounds: int
    shown: int
    active: int
    retrain: bool
    resamples: int
    simulation_seed: int

    file: ClassVar[str] = "conf/simulate.yaml"

    def __post_init__(self) -> None:
        super().__post_init__()
        least = {"start": 0, "rounds": 1, "shown": 1, "resamples": 100, "simulation_seed": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ConfigError(
                    f"{name} must be {bound} or more. Received: {getattr(self, name)}"
                )
        if self.active <= self.start:
            raise ConfigError(
                "active must be more than start: nobody may be active before the first round. "
                f"Received: active={self.active}, start={self.start}"
            )


def run(settings: SimulateSettings, invocation: Invocation) -> None:
    """Let every model play alone with the same people; show, and keep what came of them."""
    composed = invocation.config
    ids = candidate_runs(settings, invocation)
    screen = Screen()
    show_warnings(screen)
    contenders = settings.contenders(ids)
    parts = settings_of(contenders[0].any.id)
    split = held_out_split(parts, "simulate", contenders[0].any.id)
    settings.strategy.start()
    game = SimulationRunner(split, settings, parts.bucket, screen)
    screen.note(
        f"{len(split.test):,} users begin with their first {settings.start} items and accept by "
        f"{game.answers}; {settings.rounds} rounds of {settings.shown} items"
    )
    results = [game.contender(contender) for contender in contenders]
    results += game.controls([contender.name for contender in contenders])
    simulated = tabulate(
        results, game.environment, game.groups, settings.active, RANDOM, settings.resamples
    )
    facts = describe(settings, composed, contenders, game)
    tags = {"lrec.command": "simulate", "lrec.answers": game.answers}
    with settings.tracking.run(f"simulate-{len(contenders)}-models", tags, composed.folder) as log:
        for turn, rows in simulated.rounds.groupby("round"):
            log.metrics(_activated(rows), step=int(str(turn)))
        for path in write(composed.folder, simulated, facts):
            log.file(path)
    screen.console.print(shown(simulated, facts))
    screen.note(f"page: {composed.folder / 'simulate.html'}")
    screen.note(log.where)


class SimulationRunner:
    """One world, and everybody who plays in it.

    Attributes:
        groups: rows of people, by bucket of all they had before they were cut down.
    """

    def __init__(
        self,
        split: Split,
        settings: SimulateSettings,
        bucketings: Mapping[str, Bucketing],
        screen: Screen,
    ) -> None:
        self.split = split
        self.settings = settings
        self.screen = screen
        kind = HeldOutEnvironment if split.truth is None else GroundTruthEnvironment
        self.answers = "held-out data" if split.truth is None else "ground truth"
        self.environment: Environment = kind(split, settings.start, settings.simulation_seed)
        self.groups: dict[str, Ints] = {ALL: np.arange(len(split.test))}
        self.edges: dict[str, str] = {}
        for bucketing in bucketings.values():
            buckets = bucketing.sort(split.test.train_history, split.train, split.catalogue)
            column = buckets.column
            found = {name: np.flatnonzero(column == name) for name in (*buckets.names, COLD)}
            self.groups |= {name: rows for name, rows in found.items() if len(rows)}
            self.edges |= buckets.edges

    def contender(self, contender: Contender) -> ModelResult:
        """The mean over a contender's seeds."""
        policies = (self._player(run.id) for run in contender.runs.values())
        return self._outcome(contender.name, policies)

    def controls(self, names: Sequence[str]) -> list[ModelResult]:
        """Popularity, unless it is among the names, the oracle of a truth, and random exposure."""
        shown, retrain = self.settings.shown, self.settings.retrain
        policies: dict[str, Policy] = {
            name: RankingPolicy(
                model, shown, self.split, count if retrain and name != ORACLE else None
            )
            for name, model in references(self.split, names).items()
        }
        n_items = self.split.catalogue.n_items
        policies[RANDOM] = random_policy(n_items, shown, self.settings.simulation_seed)
        return [self._outcome(name, [policy]) for name, policy in policies.items()]

    def _player(self, run_id: str) -> Policy:
        train = trainer(settings_of(run_id), self.screen) if self.settings.retrain else None
        model = load_model_for(run_id, self.split.catalogue)
        return RankingPolicy(model, self.settings.shown, self.split, train)

    def _outcome(self, name: str, policies: Iterable[Policy]) -> ModelResult:
        self.screen.note(f"simulating {name}")
        rollouts = (roll_out(self.environment, policy, self.settings.rounds) for policy in policies)
        return summarise_rollouts(
            name, rollouts, self.environment, self.groups, self.settings.active
        )


def describe(
    settings: SimulateSettings,
    composed: ComposedConfig,
    contenders: Sequence[Contender],
    game: SimulationRunner,
) -> dict[str, Any]:
    """What has to be known to read and repeat a simulation."""
    keys = ("start", "rounds", "shown", "active", "retrain", "resamples", "simulation_seed")
    return {
        **provenance(contenders, "simulate", composed.overrides),
        **{key: getattr(settings, key) for key in keys},
        "answers": game.answers,
        "buckets": game.edges,
        "control": RANDOM,
        "models": [contender.name for contender in contenders],
        "users": len(game.split.test),
        "train_users": len(game.split.train),
    }


def write(folder: Path, simulated: SimulationResults, facts: Mapping[str, Any]) -> list[Path]:
    """The rounds as a table, all as JSON, and as a page."""
    from lrec.commands.simulate.page import page

    paths = [folder / f"simulate.{kind}" for kind in ("csv", "json", "html")]
    table, document, html = paths
    write_table(table, simulated.rounds)
    content = {"by_round": simulated.records("rounds"), "summary": simulated.records("summary")}
    write_text(document, json.dumps({**facts, **content}, indent=1))
    write_text(html, page(simulated, facts))
    return paths


def shown(simulated: SimulationResults, facts: Mapping[str, Any]) -> Table:
    """Activation by bucket, and the rest of all users, for a terminal."""
    people = {row["bucket"]: row for row in simulated.records("summary")}
    found = {(row["model"], row["bucket"]): row for row in simulated.records("summary")}
    end = {(row["model"], row["bucket"]): row for row in simulated.records("rounds")}
    table = Table(box=None, pad_edge=False, title_justify="left")
    table.title = (
        f"percent of users with {facts['active']} items after {facts['rounds']} rounds, "
        f"and 95 % intervals of the difference to {facts['control']}"
    )
    table.add_column("model")
    for bucket, row in people.items():
        most = f"\nat most {100 * row['attainable']:.1f}" if row["attainable"] < 1 else ""
        table.add_column(f"{bucket}\n[dim]{row['users']:,} users{most}[/]", justify="right")
    for name in ("rounds to\nfirst hit", "popularity\ndrift", "item\ncoverage"):
        table.add_column(name, justify="right")
    for model in dict.fromkeys(model for model, _ in found):
        rows, overall, last = [found[model, b] for b in people], found[model, ALL], end[model, ALL]
        table.add_row(
            cell(model),
            *(f"{100 * row['activated']:.1f}" for row in rows),
            number(overall["first_hit"]),
            signed(last["drift"]),
            number(last["item_coverage"]),
        )
        if model != facts["control"]:
            cells = [f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}" for row in rows]
            table.add_row("", *cells, "", "", "", style="dim")
    return table


def _activated(rows: pd.DataFrame) -> dict[str, float]:
    """What MLflow shows of a round: `simulate/activated/<bucket>/<model>`."""
    values = rows[["bucket", "model", "activated"]].itertuples(index=False)
    return {f"simulate/activated/{b}/{m}": v for b, m, v in values}
