"""Successive halving and hyperband on the trials that count."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from optuna.pruners import BasePruner
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from lrec.commands.tune.trials.counting import counted, ranks

if TYPE_CHECKING:
    from optuna.study import Study


class Halving(BasePruner):
    """Asynchronous successive halving (Li et al. 2020): at each rung the best of so many go on.

    Optuna's own keeps what a killed trial had at a rung, and counts its run twice when it goes on;
    here a decision depends on the trials that count and on nothing else. A trial that was trained
    to its end competes with its best value at all later rungs.

    Args:
        grace: epoch of the first rung.
        reduction: of so many trials at a rung, one goes on; rungs are that factor apart.
        brackets: of hyperband (Li et al. 2018), which trials enter in turn: each begins a rung
            later than the one before it.
    """

    def __init__(self, grace: int, reduction: int, brackets: int = 1) -> None:
        self.grace = grace
        self.reduction = reduction
        self.brackets = brackets

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """True if a trial has just come to a rung, and is not among the best there."""
        step = trial.last_step
        if step is None:
            return False
        trials = study.get_trials(deepcopy=False)
        rank = ranks(trials)
        bracket = rank(trial.number) % self.brackets
        before = max((other for other in trial.intermediate_values if other < step), default=0)
        rung = self._rung(bracket, step)
        if rung is None or rung <= before:
            return False
        sign = 1 if study.direction == StudyDirection.MAXIMIZE else -1
        own = sign * trial.intermediate_values[step]
        rivals = [
            sign * value
            for other in counted(trials)
            if other.number != trial.number
            and rank(other.number) % self.brackets == bracket
            and (value := value_at(other, rung)) is not None
        ]
        kept = max(1, (len(rivals) + 1) // self.reduction)
        return math.isnan(own) or sum(rival > own for rival in rivals) >= kept

    def _rung(self, bracket: int, step: int) -> int | None:
        """The last rung up to a step; None before the first."""
        rung: int = self.grace * self.reduction**bracket
        if step < rung:
            return None
        while rung * self.reduction <= step:
            rung *= self.reduction
        return rung


def value_at(trial: FrozenTrial, rung: int) -> float | None:
    """A trial's value at its first evaluation from a rung on; None if it has none."""
    values = trial.intermediate_values
    reached = min((step for step in values if step >= rung), default=None)
    if reached is None and trial.state == TrialState.COMPLETE:
        reached = trial.last_step
    return None if reached is None else values[reached]
