"""The budget of a candidate: trials, seconds, epochs, all its trials together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrec.commands.tune.trials.attributes import SPENT

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


@dataclass(frozen=True)
class Budget:
    """The most that a candidate may spend; None does not bound it.

    Several processes never spend more trials or epochs than that: each counts, as spent, the
    epochs up to the next evaluation of all others. Seconds are over by an evaluation of each.

    Attributes:
        trials: their number, failed and pruned ones among them.
        seconds: of training and validation.
        epochs: of a model without epochs, a trial counts one.
    """

    trials: int | None
    seconds: float | None
    epochs: int | None

    @property
    def words(self) -> str:
        """The limits in words.

        >>> Budget(10, 60.0, None).words
        '10 trials or 60 seconds'
        """
        limits = ((self.trials, "trials"), (self.seconds, "seconds"), (self.epochs, "epochs"))
        return " or ".join(f"{limit:g} {unit}" for limit, unit in limits if limit is not None)

    def is_spent(self, counted: Sequence[FrozenTrial]) -> bool:
        """True if no trial may begin any more."""
        full = self.trials is not None and len(counted) >= self.trials
        return full or not self._allows(counted, underway(counted))

    def is_beyond(self, counted: Sequence[FrozenTrial], earlier: Sequence[FrozenTrial]) -> bool:
        """True if a trial is one too many: several processes may have begun one at a time.

        Args:
            earlier: those of the trials that count that were begun before it.
        """
        full = self.trials is not None and len(earlier) >= self.trials
        return full or not self._allows(counted, underway(earlier))

    def is_over(self, counted: Sequence[FrozenTrial], number: int) -> bool:
        """True if a trial that has just been evaluated may not go on to its next evaluation."""
        others = [trial for trial in counted if trial.number != number]
        own = next((trial for trial in counted if trial.number == number), None)
        return not self._allows(counted, underway(others), own)

    def _allows(
        self, counted: Sequence[FrozenTrial], others: int, own: FrozenTrial | None = None
    ) -> bool:
        """True if there are epochs for one more evaluation, and seconds.

        Args:
            others: epochs that are under way already.
            own: the trial that would go on; None for a new one.
        """
        seconds, epochs = spent(counted)
        if self.seconds is not None and seconds >= self.seconds:
            return False
        if self.epochs is None:
            return True
        steps = [_spent(trial)[2] for trial in counted if SPENT in trial.user_attrs]
        step = _spent(own)[2] if own is not None else min(steps, default=1)
        return epochs + others + step <= self.epochs


def spent(trials: Sequence[FrozenTrial]) -> tuple[float, int]:
    """Seconds and epochs of trials, those of running ones up to their last evaluation."""
    parts = [_spent(trial) for trial in trials]
    return sum(part[0] for part in parts), sum(part[1] for part in parts)


def underway(trials: Sequence[FrozenTrial]) -> int:
    """Epochs that trials train before their next evaluation."""
    return sum(_spent(trial)[2] for trial in trials if not trial.state.is_finished())


def written(seconds: float, epochs: int, step: int) -> str:
    """The text that a trial keeps of what it has spent.

    Args:
        step: epochs between its evaluations.
    """
    return json.dumps([round(seconds, 3), epochs, step])


def _spent(trial: FrozenTrial) -> tuple[float, int, int]:
    seconds, epochs, step = json.loads(trial.user_attrs.get(SPENT, "[0.0, 0, 1]"))
    return seconds, epochs, step
