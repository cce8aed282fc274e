"""The budget of a candidate: trials, seconds, epochs, all its trials together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


@dataclass(frozen=True)
class Budget:
    """What a candidate may spend; None does not bound it.

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
        seconds, epochs = spent(counted)
        return (
            (self.trials is not None and len(counted) >= self.trials)
            or (self.seconds is not None and seconds >= self.seconds)
            or (self.epochs is not None and epochs >= self.epochs)
        )

    def is_beyond(self, counted: Sequence[FrozenTrial], number: int) -> bool:
        """True if a trial is one too many: several processes may have begun one at a time."""
        if self.trials is None:
            return False
        return sum(trial.number <= number for trial in counted) > self.trials

    def left(self, others: Sequence[FrozenTrial]) -> tuple[float, float]:
        """Seconds and epochs that other trials leave; infinite where they are not bounded."""
        seconds, epochs = spent(others)
        return (
            float("inf") if self.seconds is None else self.seconds - seconds,
            float("inf") if self.epochs is None else self.epochs - epochs,
        )


def spent(trials: Sequence[FrozenTrial]) -> tuple[float, int]:
    """Seconds and epochs of trials, those of running ones up to their last evaluation."""
    seconds, epochs = 0.0, 0
    for trial in trials:
        of_trial, of_epochs = json.loads(trial.user_attrs.get("spent", "[0.0, 0]"))
        seconds += of_trial
        epochs += of_epochs
    return seconds, epochs
