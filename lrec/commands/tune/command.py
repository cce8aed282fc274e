"""Tuning with the same budget for every candidate, and what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from rich.table import Table

from lrec.base.config.conf import options
from lrec.base.errors import ConfigError
from lrec.base.files import write_table
from lrec.commands.composing import Invocation, Job, own_keys
from lrec.commands.runs import pareto
from lrec.commands.runs.candidates import candidate_overrides, training_overrides
from lrec.commands.runs.find_or_train import find_or_train
from lrec.commands.settings import RunSettings
from lrec.commands.tune.search_space import draw
from lrec.reporting.formatting import distinguishing_words, number
from lrec.reporting.terminal import Screen, cell, show_warnings
from lrec.tracking import SavedRun, finished

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TuneSettings(RunSettings):
    """The root of `conf/tune.yaml`.

    Attributes:
        candidates: models, presets or lists of overrides; null means every model.
        trials: configurations of each candidate; the first is the candidate as it is.
        search_seed: of what is drawn.
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
        named = self.candidates
        if named is not None and not 0 < len(named) == len(set(named)):
            raise ConfigError(
                f"candidates must be different, one at least, or null. Received: {named}"
            )
        if self.trials < 1:
            raise ConfigError(f"trials must be positive. Received: {self.trials}")
        if self.search_seed < 0:
            raise ConfigError(f"search_seed must not be negative. Received: {self.search_seed}")


def run(settings: TuneSettings, invocation: Invocation) -> None:
    """Train all that is drawn; show and keep the best of each candidate, and the Pareto set."""
    composed, jobs = invocation.config, draw_jobs(settings, invocation)
    screen = Screen()
    show_warnings(screen)
    drawn = [job for of_candidate in jobs.values() for job in of_candidate]
    ids = find_or_train(drawn, settings.fresh, invocation.launch, tolerant=True)
    known = finished(settings.tracking.experiment, ids=sorted({i for i in ids if i is not None}))
    runs = {run.id: run for run in known}
    places = iter(ids)
    tried = {
        candidate: [runs.get(next(places) or "") for _ in of_candidate]
        for candidate, of_candidate in jobs.items()
    }
    found = summary(tried, settings)
    sweep = pareto.sweep_table(known, settings)
    tags = {"lrec.command": "tune", "lrec.monitor": settings.monitor}
    with settings.tracking.run(f"tune-{len(jobs)}-candidates", tags, composed.folder) as log:
        for row in found.to_dict("records"):
            for what in ("trials", "failed", "minutes"):
                log.metrics({f"budget/{what}/{_label(row['candidate'])}": row[what]})
            if row["best"] is not None:
                log.metrics({f"best/{_label(row['candidate'])}": row["best"]})
        table = composed.folder / "candidates.csv"
        write_table(table, found)
        for path in (table, *pareto.write(composed.folder, sweep, settings)):
            log.file(path)
    screen.console.print(shown(found, settings))
    screen.console.print(pareto.shown(sweep, settings))
    screen.note(compare_command(found))
    screen.note(log.where)


def draw_jobs(settings: TuneSettings, invocation: Invocation) -> dict[str, list[Job]]:
    """The configurations of each candidate, all checked before the first is trained."""
    composer, own = invocation.composer, own_keys(TuneSettings)
    shared = training_overrides(composer, own)
    jobs = {}
    for index, candidate in enumerate(settings.candidates or options("model")):
        generator = np.random.default_rng([settings.search_seed, index])
        base = [*shared, *candidate_overrides(candidate)]
        model = composer.compose(base, own, invocation.folder)[1].choices["model"]
        trials = [
            draw(model, generator, composer) if trial else [] for trial in range(settings.trials)
        ]
        jobs[candidate] = [
            composer.compose([*base, *drawn], own, invocation.folder / f"{index}-{trial}")
            for trial, drawn in enumerate(trials)
        ]
    return jobs


def summary(tried: Mapping[str, Sequence[SavedRun | None]], settings: TuneSettings) -> pd.DataFrame:
    """One row a candidate: its budget, its value as it is, its best value and settings."""
    import pandas as pd

    key = f"best/{settings.monitor.removeprefix('val/')}"
    sign = settings.monitor_sign
    rows: list[dict[str, Any]] = []
    for candidate, runs in tried.items():
        whole = [run for run in runs if run is not None and key in run.metrics]
        best = max(whole, key=lambda run: sign * run.metrics[key], default=None)
        first = runs[0]
        rows.append(
            {
                "candidate": candidate,
                "trials": len(runs),
                "failed": sum(run is None for run in runs),
                "minutes": sum({run.id: run.seconds for run in runs if run is not None}.values())
                / 60,
                "as_it_is": None if first is None else first.metrics.get(key),
                "best": None if best is None else best.metrics[key],
                "run": None if best is None else best.id,
                "settings": None if best is None else best.tags.get("lrec.overrides", ""),
            }
        )
    frame = pd.DataFrame(rows).astype(object)
    return frame.where(frame.notna(), None)


def shown(found: pd.DataFrame, settings: TuneSettings) -> Table:
    """What tuning found, for a terminal."""
    table = Table(box=None, pad_edge=False, title_justify="left")
    table.title = f"{settings.monitor}, {settings.trials} tries each"
    for name in ("candidate", "failed", "minutes", "as it is", "best", "settings"):
        table.add_column(name, justify="left" if name in ("candidate", "settings") else "right")
    rows = found.to_dict("records")
    said = distinguishing_words([row["settings"] or "" for row in rows])
    for row, settings_of in zip(rows, said, strict=True):
        table.add_row(
            cell(row["candidate"]),
            str(row["failed"]),
            f"{row['minutes']:.1f}",
            number(row["as_it_is"]),
            number(row["best"]),
            cell(settings_of),
        )
    return table


def compare_command(found: pd.DataFrame) -> str:
    """The command that compares the best of each candidate on the test part."""
    best = [row["settings"] for row in found.to_dict("records") if row["settings"] is not None]
    quoted = ",".join(f'"{said}"' for said in best)
    return f"on the test part: lrec compare 'candidates=[{quoted}]'"


def _label(candidate: str) -> str:
    """A candidate as a part of a metric's name in MLflow, which refuses signs like =."""
    return "".join(c if c.isalnum() or c in "._- " else "_" for c in candidate)
