"""Tables of what studies have found: for a terminal, for MLflow and as CSV."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from lrec.base.config import plugins
from lrec.base.config.quotes import in_quotes
from lrec.commands.runs.aggregates import label
from lrec.commands.tune.results.front import Front
from lrec.commands.tune.results.outcome import StudyOutcome
from lrec.commands.tune.settings import TuneSettings
from lrec.reporting.formatting import distinguishing_words, number, signed
from lrec.reporting.terminal import cell, plain_table
from lrec.tracking import Log

if TYPE_CHECKING:
    import pandas as pd


def outcomes_of(outcomes: Sequence[StudyOutcome]) -> pd.DataFrame:
    """One row for each candidate: its budget, its value as it is, its best value and settings.

    Returns:
        Columns candidate, trials, failed, pruned, minutes, epochs, as_it_is, best, run, settings;
        None where there is no value.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for outcome in outcomes:
        best, own, goal = outcome.best, outcome.as_it_is, outcome.study.objectives[0].name
        rows.append(
            {
                "candidate": outcome.candidate.name,
                "trials": outcome.n_trials,
                "failed": len(outcome.failures),
                "pruned": outcome.n_pruned,
                "minutes": outcome.seconds / 60,
                "epochs": outcome.epochs,
                "as_it_is": None if own is None else own.values.get(goal),
                "best": None if best is None else best.values[goal],
                "run": None if best is None else best.run,
                "settings": None if best is None else outcome.settings(best),
            }
        )
    frame = pd.DataFrame(rows).astype(object)
    return frame.where(frame.notna(), None)


def log_outcomes(log: Log, outcomes: Sequence[StudyOutcome]) -> None:
    """Log the budget and the best value of each candidate."""
    for row in outcomes_of(outcomes).to_dict("records"):
        name = label(row["candidate"])
        for column in ("trials", "failed", "pruned", "minutes", "epochs"):
            log.metrics({f"budget/{column}/{name}": row[column]})
        if row["best"] is not None:
            log.metrics({f"best/{name}": row["best"]})
    for outcome in outcomes:
        epochs, seconds = outcome.saved
        name = label(outcome.candidate.name)
        log.metrics({f"budget/saved_epochs/{name}": epochs})
        log.metrics({f"budget/saved_minutes/{name}": seconds / 60})


def outcome_table(outcomes: Sequence[StudyOutcome], settings: TuneSettings) -> Table:
    """The best settings of each candidate, for a terminal."""
    numbers = ("trials", "failed", "pruned", "minutes", "as it is", "best")
    title = f"{settings.monitor}, the same budget each"
    table = plain_table("candidate", *numbers, "settings", title=title, right=numbers)
    rows = outcomes_of(outcomes).to_dict("records")
    for row, outcome in zip(rows, outcomes, strict=True):
        best = outcome.best
        chosen = "" if best is None else shlex.join(best.overrides) or "as it is"
        table.add_row(
            cell(row["candidate"]),
            str(row["trials"]),
            str(row["failed"]),
            str(row["pruned"]),
            f"{row['minutes']:.1f}",
            number(row["as_it_is"]),
            number(row["best"]),
            cell(chosen),
        )
    return table


def following(outcomes: Sequence[StudyOutcome]) -> list[list[str]]:
    """The command that trains the best of each candidate, and compares them on the test part.

    One candidate is compared with itself as it is, unless that is the best.
    """
    chosen = [o.settings(o.best) for o in outcomes if o.best is not None]
    if len(outcomes) == 1 and chosen:
        own = shlex.join(outcomes[0].candidate.overrides)
        chosen = list(dict.fromkeys([own, *chosen]))
    if len(chosen) < 2:
        return []
    quoted = ",".join(in_quotes(text, '"') for text in chosen)
    return [["lrec", "compare", *plugins.words(), f"candidates=[{quoted}]"]]


def trials_table(outcomes: Sequence[StudyOutcome], fronts: Sequence[Front]) -> pd.DataFrame:
    """One row for each trial that has ended, failed ones among them.

    Returns:
        Columns candidate, number (from 1, as on screen), settings, a column for each objective,
        seconds, epochs, ended, front, run, study.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for outcome, front in zip(outcomes, fronts, strict=True):
        best = {trial.number for trial in front.settings}
        every = sorted([*outcome.trials, *outcome.failures], key=lambda trial: trial.number)
        rows += [
            {
                "candidate": outcome.candidate.name,
                "number": trial.number + 1,
                "settings": shlex.join(trial.overrides) or "as it is",
                **{goal.name: trial.values.get(goal.name) for goal in outcome.study.objectives},
                "seconds": trial.seconds,
                "epochs": trial.epochs,
                "ended": trial.ended,
                "front": trial.number in best,
                "run": trial.run,
                "study": outcome.study.name,
            }
            for trial in every
        ]
    return pd.DataFrame(rows)


def front_table(front: Front, title: str) -> Table:
    """The front with the differences to the candidate as it is, for a terminal."""
    goals = [goal.words for goal in front.objectives]
    heads = [head for goal in goals for head in (goal, "to as it is")]
    table = plain_table("trial", *heads, "settings", title=title, right=heads)
    words = distinguishing_words([shlex.join(trial.overrides) for trial in front.settings])
    for trial, chosen in zip(front.settings, words, strict=True):
        cells = []
        for goal in front.objectives:
            cells.append(number(trial.values[goal.name]))
            if front.as_it_is is None or front.as_it_is is trial:
                cells.append("")
                continue
            found = front.difference(trial, front.as_it_is, goal)
            around = f" ({signed(found.low)} to {signed(found.high)})"
            cells.append(signed(found.value) + (around if np.isfinite(found.low) else ""))
        table.add_row(str(trial.number + 1), *cells, cell(chosen or "as it is"))
    return table
