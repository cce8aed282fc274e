"""A line for each trial that has ended, whichever process trained it."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from lrec.commands.tune.budget import spent
from lrec.commands.tune.candidate import Candidate
from lrec.commands.tune.search_space import overrides_of
from lrec.commands.tune.study import AS_IT_IS, MEASURED, Study
from lrec.commands.tune.warm_start import warm_start_words
from lrec.reporting.formatting import number
from lrec.reporting.terminal import Screen

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


class TrialLines:
    """Shows trials as they end.

    Args:
        study: whose trials are shown.
        candidate: that the lines begin with.
    """

    def __init__(self, screen: Screen, study: Study, candidate: Candidate) -> None:
        self.screen = screen
        self.study = study
        self.candidate = candidate
        self.shown: set[int] = set()

    def announce(self) -> None:
        """Say what is there already, and what there is to spend."""
        done, budget = self.study.finished(), self.study.budget
        self.shown = {trial.number for trial in done}
        there = f", of which {len(done)} trials are there already" if done else ""
        self.screen.note(f"{self.candidate.name}: {budget.words}{there}; study {self.study.name!r}")
        if words := warm_start_words(self.study):
            self.screen.note(words)
        if budget.seconds is not None:
            self.screen.note(
                "a budget of seconds is not reproducible: at another time, or on another machine, "
                "it buys other trials; epochs=… or trials=… buy the same ones"
            )
        search, model = self.study.search, self.candidate.job[0].model
        has_rungs = model.uses_tensorflow() and search.grace_epochs < search.epochs
        if self.study.prunes and self.study.space.keys and has_rungs:
            self.screen.note(f"no trial is pruned before epoch {search.grace_epochs}")

    def end(self) -> None:
        """Say what other processes still train."""
        there = len(self.study.counted()) - len(self.study.finished())
        if there:
            self.screen.note(
                f"{self.candidate.name}: {there} more trials are trained by other processes"
            )

    def update(self, study: Study) -> None:
        """Show the trials that have ended since."""
        for trial in study.finished():
            if trial.number not in self.shown:
                self.shown.add(trial.number)
                self.screen.note(self._line(trial))

    def _line(self, trial: FrozenTrial) -> str:
        attributes = trial.user_attrs
        name = f"{self.candidate.name} {trial.number + 1}"
        settings = "as it is" if AS_IT_IS in attributes else _words(trial)
        if MEASURED not in attributes:
            return f"{name}  {settings}  failed: {attributes.get('error', 'killed')}"
        measured = json.loads(attributes[MEASURED])
        values = "  ".join(
            f"{objective.name.removeprefix('val/')} {number(measured.get(objective.name))}"
            for objective in self.study.objectives
        )
        seconds, epochs = spent([trial])
        ended = f"  {attributes['ended']} after {epochs} epochs" if "ended" in attributes else ""
        return f"{name}  {values}  {seconds:.0f} s  {settings}{ended}"


def _words(trial: FrozenTrial) -> str:
    """A trial's settings, without the groups that keys begin with."""
    overrides = overrides_of(trial.params)
    return shlex.join(override.partition(".")[2] or override for override in overrides)
