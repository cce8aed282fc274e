"""What a study has found: the best settings, what they cost, and the candidate as it is."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from lrec.base.config.quotes import in_quotes
from lrec.commands.runs.aggregates import label
from lrec.commands.tune.budget import spent
from lrec.commands.tune.candidate import Candidate
from lrec.commands.tune.search_space import overrides_of
from lrec.commands.tune.settings import TuneSettings
from lrec.commands.tune.study import AS_IT_IS, MEASURED, Study
from lrec.reporting.formatting import distinguishing_words, number
from lrec.reporting.terminal import cell, plain_table
from lrec.tracking import Log

if TYPE_CHECKING:
    import pandas as pd
    from optuna.trial import FrozenTrial


@dataclass(frozen=True)
class Measured:
    """A trial that has values.

    Attributes:
        number: of the trial.
        overrides: drawn; none of the candidate as it is.
        values: validation metrics and costs.
        ended: reason that it was ended early for; None if it was not.
        run: MLflow's id; empty where it has none.
    """

    number: int
    overrides: list[str]
    values: dict[str, float]
    ended: str | None
    run: str

    @classmethod
    def of(cls, trial: FrozenTrial) -> Measured:
        """The trial of a storage."""
        attributes = trial.user_attrs
        overrides = [] if AS_IT_IS in attributes else overrides_of(trial.params)
        measured = json.loads(attributes[MEASURED])
        return cls(
            trial.number, overrides, measured, attributes.get("ended"), attributes.get("run", "")
        )


@dataclass(frozen=True)
class Outcome:
    """A candidate's study, once its budget is spent.

    Attributes:
        trials: that have values, in order.
        failed: number of trials that have none.
        seconds, epochs: spent.
    """

    candidate: Candidate
    study: Study
    trials: list[Measured]
    failed: int
    seconds: float
    epochs: int

    @classmethod
    def of(cls, candidate: Candidate, study: Study) -> Outcome:
        """What is in a study's storage now."""
        finished = study.finished()
        measured = [Measured.of(trial) for trial in finished if MEASURED in trial.user_attrs]
        seconds, epochs = spent(finished)
        failed = len(finished) - len(measured)
        return cls(candidate, study, measured, failed, seconds, epochs)

    @property
    def best(self) -> Measured | None:
        """The trial with the best value of the first objective; None if none has one."""
        goal = self.study.objectives[0]
        known = [trial for trial in self.trials if goal.name in trial.values]
        return max(known, key=lambda trial: goal.sign * trial.values[goal.name], default=None)

    @property
    def as_it_is(self) -> Measured | None:
        """The candidate's own settings; None if they failed."""
        return next((trial for trial in self.trials if not trial.overrides), None)

    def settings(self, trial: Measured) -> str:
        """A trial's whole overrides as one text, which `candidates=[…]` takes."""
        return shlex.join([*self.candidate.overrides, *trial.overrides])


def outcomes_of(outcomes: Sequence[Outcome]) -> pd.DataFrame:
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
                "trials": len(outcome.trials) + outcome.failed,
                "failed": outcome.failed,
                "pruned": sum(trial.ended == "pruned" for trial in outcome.trials),
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


def log_outcomes(log: Log, outcomes: Sequence[Outcome]) -> None:
    """Log the budget and the best value of each candidate."""
    for row in outcomes_of(outcomes).to_dict("records"):
        name = label(row["candidate"])
        for column in ("trials", "failed", "pruned", "minutes", "epochs"):
            log.metrics({f"budget/{column}/{name}": row[column]})
        if row["best"] is not None:
            log.metrics({f"best/{name}": row["best"]})


def outcome_table(outcomes: Sequence[Outcome], settings: TuneSettings) -> Table:
    """The best settings of each candidate, for a terminal."""
    numbers = ("trials", "failed", "pruned", "minutes", "as it is", "best")
    title = f"{settings.monitor}, the same budget each"
    table = plain_table("candidate", *numbers, "settings", title=title, right=numbers)
    rows = outcomes_of(outcomes).to_dict("records")
    words = distinguishing_words([row["settings"] or "" for row in rows])
    for row, chosen in zip(rows, words, strict=True):
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


def following(outcomes: Sequence[Outcome]) -> list[list[str]]:
    """The command that trains the best of each candidate, and compares them on the test part.

    One candidate is compared with itself as it is.
    """
    chosen = [o.settings(o.best) for o in outcomes if o.best is not None]
    if len(outcomes) == 1 and chosen:
        own = shlex.join(outcomes[0].candidate.overrides)
        chosen = list(dict.fromkeys([own, *chosen]))
    if not chosen:
        return []
    quoted = ",".join(in_quotes(text, '"') for text in chosen)
    return [["lrec", "compare", f"candidates=[{quoted}]"]]
