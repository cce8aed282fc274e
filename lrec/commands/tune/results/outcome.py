"""A study once its budget is spent: its trials, its best settings, and the candidate as it is."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrec.commands.tune.budget import spent
from lrec.commands.tune.candidate import Candidate
from lrec.commands.tune.results.savings import saved
from lrec.commands.tune.search_space import overrides_of
from lrec.commands.tune.study import Study
from lrec.commands.tune.trials.attributes import AS_IT_IS, ENDED, ERROR, FOLDER, MEASURED, PRUNED

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


@dataclass(frozen=True)
class Measured:
    """A trial that has ended.

    Attributes:
        number: of the trial.
        params: drawn, and the known ones of the candidate as it is.
        overrides: drawn; none of the candidate as it is.
        values: validation metrics and costs; none if it failed.
        seconds, epochs: that it took.
        ended: reason that it was ended early for, or that it failed for; None if it was trained to
            its end.
        run: MLflow's id; empty where it has none.
        folder: of the run; None where it is not known.
    """

    number: int
    params: dict[str, Any]
    overrides: list[str]
    values: dict[str, float]
    seconds: float
    epochs: int
    ended: str | None
    run: str
    folder: Path | None

    @classmethod
    def of(cls, trial: FrozenTrial) -> Measured:
        """The trial of a storage."""
        attributes = trial.user_attrs
        values = json.loads(attributes.get(MEASURED, "{}"))
        seconds, epochs = spent([trial])
        failed = None if values else f"failed: {attributes.get(ERROR, 'killed')}"
        return cls(
            number=trial.number,
            params=dict(trial.params),
            overrides=[] if AS_IT_IS in attributes else overrides_of(trial.params),
            values=values,
            seconds=seconds,
            epochs=epochs,
            ended=attributes.get(ENDED, failed),
            run=attributes.get("run", ""),
            folder=Path(attributes[FOLDER]) if FOLDER in attributes else None,
        )


@dataclass(frozen=True)
class StudyOutcome:
    """A candidate's study, once its budget is spent.

    Attributes:
        trials: that have values, in order.
        failures: that have none.
        seconds, epochs: spent.
        saved: epochs and seconds that pruning saved, see `saved`.
    """

    candidate: Candidate
    study: Study
    trials: list[Measured]
    failures: list[Measured]
    seconds: float
    epochs: int
    saved: tuple[int, float]

    @classmethod
    def of(cls, candidate: Candidate, study: Study) -> StudyOutcome:
        """The trials of a study, as its storage has them now."""
        finished = study.finished()
        every = [Measured.of(trial) for trial in finished]
        measured = [trial for trial in every if trial.values]
        failures = [trial for trial in every if not trial.values]
        with_values = [trial for trial in finished if MEASURED in trial.user_attrs]
        return cls(candidate, study, measured, failures, *spent(finished), saved(with_values))

    @property
    def n_trials(self) -> int:
        """All trials, those that failed among them."""
        return len(self.trials) + len(self.failures)

    @property
    def n_pruned(self) -> int:
        """Trials that pruning ended."""
        return sum(trial.ended == PRUNED for trial in self.trials)

    @property
    def savings(self) -> str:
        """A sentence on what pruning saved; empty if it ended no trial."""
        if not self.n_pruned:
            return ""
        epochs, seconds = self.saved
        return (
            f"pruning ended {self.n_pruned} of {len(self.trials)} trials and saved about "
            f"{epochs} epochs, {seconds:.0f} s, by those that went to their end"
        )

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
