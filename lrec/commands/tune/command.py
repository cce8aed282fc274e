"""Tuning with the same budget for every candidate, and the best settings of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from rich.table import Table

from lrec.base.config.conf import options
from lrec.base.config.quotes import in_quotes
from lrec.base.errors import ConfigError
from lrec.base.files import write_table
from lrec.commands.composing import Invocation, Job, own_keys
from lrec.commands.next_commands import with_saved
from lrec.commands.runs import pareto
from lrec.commands.runs.aggregates import label, log_shared
from lrec.commands.runs.find_or_train import find_or_train
from lrec.commands.runs.sweep_composition import candidate_overrides, training_overrides
from lrec.commands.settings import Monitor, RunSettings
from lrec.commands.tune.search_space import draw
from lrec.reporting.formatting import distinguishing_words, number
from lrec.reporting.markdown import markdown
from lrec.reporting.terminal import Screen, cell, plain_table, show_warnings
from lrec.tracking import Log, SavedRun, finished

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TuneSettings(RunSettings):
    """The root of `conf/tune.yaml`.

    Attributes:
        candidates: models, presets or lists of overrides; null means every model.
        trials: configurations of each candidate; the first is the candidate as it is.
        search_seed: of the draws.
        fresh: train also where a finished run has the same config and data.
    """

    candidates: list[str] | None
    trials: int
    search_seed: int
    fresh: bool

    file: ClassVar[str] = "conf/tune.yaml"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_monitor()
        names = self.candidates
        if names is not None and not 0 < len(names) == len(set(names)):
            raise ConfigError(
                f"candidates must be different, one at least, or null. Received: {names}"
            )
        if self.trials < 1:
            raise ConfigError(f"trials must be positive. Received: {self.trials}")
        if self.search_seed < 0:
            raise ConfigError(f"search_seed must not be negative. Received: {self.search_seed}")


def run(settings: TuneSettings, invocation: Invocation) -> None:
    """Train all draws; print and log the best settings of each candidate, and the Pareto set."""
    config, jobs = invocation.config, draw_jobs(settings, invocation)
    screen = Screen()
    show_warnings(screen)
    all_jobs = [job for of_candidate in jobs.values() for job in of_candidate]
    command = ["tune", *config.overrides]
    run_ids = find_or_train(all_jobs, settings.fresh, invocation.launch, command, tolerant=True)
    completed = sorted({run_id for run_id in run_ids if run_id is not None})
    runs = finished(settings.tracking.experiment, ids=completed)
    by_id, ids = {run.id: run for run in runs}, iter(run_ids)
    trials = {
        candidate: [by_id.get(next(ids) or "") for _ in of_candidate]
        for candidate, of_candidate in jobs.items()
    }
    best = summary(trials, settings.monitored)
    sweep = pareto.sweep_table(runs, settings)
    tags = {"lrec.command": "tune", "lrec.monitor": settings.monitor}
    with settings.tracking.run(f"tune-{len(jobs)}-candidates", tags, config.folder) as log:
        log_budgets(log, best)
        if runs:
            log_shared(log, runs)
        title = f"{settings.monitor}, {settings.trials} tries each"
        tables = [summary_table(best, title), *pareto.tables(sweep, settings)]
        log.describe("\n\n".join(map(markdown, tables)))
        table = config.folder / "candidates.csv"
        write_table(table, best)
        for path in (table, *pareto.write(config.folder, sweep, settings)):
            log.file(path)
    for shown in tables:
        screen.print(shown)
    screen.note(log.location)
    screen.commands("next, on the test part", *following(best, by_id))


def draw_jobs(settings: TuneSettings, invocation: Invocation) -> dict[str, list[Job]]:
    """The configurations of each candidate, all checked before the first is trained."""
    composer, own = invocation.composer, own_keys(TuneSettings)
    shared = training_overrides(composer, own)
    jobs = {}
    for index, candidate in enumerate(settings.candidates or options("model")):
        generator = np.random.default_rng([settings.search_seed, index])
        base = [*shared, *candidate_overrides(candidate)]
        model = composer.compose(base, own, invocation.folder)[1].choices["model"]
        draws = [
            draw(model, generator, composer) if trial else [] for trial in range(settings.trials)
        ]
        jobs[candidate] = [
            composer.compose([*base, *drawn], own, invocation.folder / f"{index}-{trial}")
            for trial, drawn in enumerate(draws)
        ]
    return jobs


def summary(trials: Mapping[str, Sequence[SavedRun | None]], monitor: Monitor) -> pd.DataFrame:
    """One row for each candidate: its budget, its value as it is, its best value and settings.

    Args:
        trials: runs of each candidate, the first as it is; None where a run failed.
        monitor: the metric that values are of.

    Returns:
        Columns candidate, trials, failed, minutes, as_it_is, best, run, settings; None where there
        is no value.
    """
    import pandas as pd

    key = f"best/{monitor.name.removeprefix('val/')}"
    rows: list[dict[str, Any]] = []
    for candidate, runs in trials.items():
        whole = [run for run in runs if run is not None and key in run.metrics]
        best = max(whole, key=lambda run: monitor.sign * run.metrics[key], default=None)
        first, seconds = runs[0], {run.id: run.seconds for run in runs if run is not None}
        rows.append(
            {
                "candidate": candidate,
                "trials": len(runs),
                "failed": sum(run is None for run in runs),
                "minutes": sum(seconds.values()) / 60,
                "as_it_is": None if first is None else first.metrics.get(key),
                "best": None if best is None else best.metrics[key],
                "run": None if best is None else best.id,
                "settings": None if best is None else best.tags.get("lrec.overrides", ""),
            }
        )
    frame = pd.DataFrame(rows).astype(object)
    return frame.where(frame.notna(), None)


def log_budgets(log: Log, best: pd.DataFrame) -> None:
    """Log the budget and the best value of each candidate."""
    for row in best.to_dict("records"):
        name = label(row["candidate"])
        for column in ("trials", "failed", "minutes"):
            log.metrics({f"budget/{column}/{name}": row[column]})
        if row["best"] is not None:
            log.metrics({f"best/{name}": row["best"]})


def summary_table(best: pd.DataFrame, title: str) -> Table:
    """The best settings of each candidate, for a terminal."""
    numbers = ("failed", "minutes", "as it is", "best")
    table = plain_table("candidate", *numbers, "settings", title=title, right=numbers)
    rows = best.to_dict("records")
    words = distinguishing_words([row["settings"] or "" for row in rows])
    for row, chosen in zip(rows, words, strict=True):
        table.add_row(
            cell(row["candidate"]),
            str(row["failed"]),
            f"{row['minutes']:.1f}",
            number(row["as_it_is"]),
            number(row["best"]),
            cell(chosen),
        )
    return table


def following(best: pd.DataFrame, runs: Mapping[str, SavedRun]) -> list[list[str]]:
    """The command that compares the best of each candidate on the test part.

    One candidate has nothing to be compared with, and is used; of none there is no command.
    """
    chosen = [row for row in best.to_dict("records") if row["settings"] is not None]
    if len(chosen) < 2:
        return [command for row in chosen for command in with_saved(runs[row["run"]])]
    candidates = ",".join(in_quotes(row["settings"], '"') for row in chosen)
    return [["lrec", "compare", f"candidates=[{candidates}]"]]
