"""Simulation of the feedback loop: every model recommends, alone, to the same held-out users."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lrec.base.errors import ConfigError
from lrec.base.files import write_table, write_text
from lrec.commands.composing import Invocation, location_of
from lrec.commands.next_commands import over_runs
from lrec.commands.runs.saved import held_out_split, settings_of
from lrec.commands.runs.selection import SelectionSettings, compared_params, provenance
from lrec.commands.runs.sweep_composition import candidate_runs
from lrec.commands.simulate.results import SimulationResults, tabulate
from lrec.commands.simulate.runner import RANDOM, SimulationRunner
from lrec.commands.simulate.sentences import sentences
from lrec.commands.simulate.table import results_table
from lrec.model.blend.blended import Blend
from lrec.reporting.markdown import markdown
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking import SavedRun

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SimulateSettings(SelectionSettings):
    """The root of `conf/simulate.yaml`.

    Attributes:
        start: earliest items of each user that the models know before the first round.
        rounds: of recommending and accepting.
        shown: items recommended to each user in a round.
        active: items from which a user counts as active.
        retrain: True if models are also trained again after every round.
        resamples: of the bootstrap.
        simulation_seed: of the acceptance, and of the random control.
    """

    start: int
    rounds: int
    shown: int
    active: int
    retrain: bool
    resamples: int
    simulation_seed: int

    file: ClassVar[str] = "conf/simulate.yaml"
    held_out: ClassVar[bool] = True
    loads_models: ClassVar[bool] = True

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
    """Roll out every model in the same environment; print, write and log the results."""
    config = invocation.config
    screen = Screen()
    show_warnings(screen)
    run_ids = candidate_runs(settings, invocation)
    models = settings.compared_models(run_ids, screen)
    names = [model.name for model in models]
    if settings.retrain:
        refuse_blends([model.any for model in models])
    run_id = models[0].any.id
    trained = settings_of(run_id, location_of(config))
    split = held_out_split(trained, "simulate", run_id)
    settings.strategy.start_for(any(model.uses_tensorflow for model in models))
    runner = SimulationRunner(
        split,
        trained.bucket.values(),
        start=settings.start,
        rounds=settings.rounds,
        shown=settings.shown,
        active=settings.active,
        retrain=settings.retrain,
        seed=settings.simulation_seed,
        screen=screen,
        location=location_of(config),
    )
    screen.note(
        f"{len(split.test):,} users begin with their first {settings.start} items and accept by "
        f"{runner.feedback}; {settings.rounds} rounds of {settings.shown} items"
    )
    evaluated = [runner.evaluate_runs(model) for model in models]
    evaluated += runner.evaluate_controls(names)
    results = tabulate(
        evaluated, runner.environment, runner.groups, settings.active, RANDOM, settings.resamples
    )
    facts = {
        **provenance(models, "simulate", config.overrides),
        **describe(settings),
        "answers": runner.feedback,
        "buckets": runner.edges,
        "control": RANDOM,
        "models": names,
        "users": len(split.test),
        "train_users": len(split.train),
    }
    tags = {"lrec.command": "simulate", "lrec.answers": runner.feedback}
    with settings.tracking.run(f"simulate-{len(models)}-models", tags, config.folder) as log:
        log.params(compared_params(models))
        for number, rows in results.rounds.groupby("round"):
            log.metrics(activated(rows), step=int(str(number)))
        said = [f"{bucket}: {words}" for bucket, words in sentences(results, facts).items()]
        shown = results_table(results, facts)
        log.describe("\n\n".join([*said, markdown(shown)]))
        for path in write(config.folder, results, facts):
            log.file(path)
    screen.print(shown)
    screen.note(said[0])
    screen.note(f"page: {config.folder / 'simulate.html'}")
    screen.note(log.location)
    run_ids = [run.id for model in models for run in model.distinct.values()]
    screen.commands("next", over_runs("reveal", run_ids, location_of(config)))


def refuse_blends(runs: Sequence[SavedRun]) -> None:
    """Refuse models that cannot be trained again after a round.

    Raises:
        ConfigError: a run's model is a blend.
    """
    blends = [run.id for run in runs if run.params.get("model") == Blend.name]
    if blends:
        raise ConfigError(
            "retrain=true trains every model from scratch, which a blend is not: leave it out, or "
            f"name other runs. Received: run {blends[0]}, a blend"
        )


def describe(settings: SimulateSettings) -> dict[str, Any]:
    """The settings of a simulation, for its readers."""
    keys = ("start", "rounds", "shown", "active", "retrain", "resamples", "simulation_seed")
    return {key: getattr(settings, key) for key in keys}


def activated(rows: pd.DataFrame) -> dict[str, float]:
    """Metrics of a round in MLflow: `simulate/activated/<bucket>/<model>`."""
    values = rows[["bucket", "model", "activated"]].itertuples(index=False)
    return {f"simulate/activated/{bucket}/{model}": value for bucket, model, value in values}


def write(folder: Path, results: SimulationResults, facts: Mapping[str, Any]) -> list[Path]:
    """Write the rounds as a table, all as JSON, and as a page."""
    from lrec.commands.simulate.page import page

    paths = [folder / f"simulate.{kind}" for kind in ("csv", "json", "html")]
    table, document, html = paths
    write_table(table, results.rounds)
    content: dict[str, Any] = {"sentences": sentences(results, facts)}
    content |= {"by_round": results.records("rounds"), "summary": results.records("summary")}
    write_text(document, json.dumps({**facts, **content}, indent=1))
    write_text(html, page(results, facts))
    return paths
