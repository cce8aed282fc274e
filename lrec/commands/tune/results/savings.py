"""Epochs and seconds that pruning saved."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lrec.commands.tune.budget import spent
from lrec.commands.tune.trials.attributes import ENDED, PRUNED

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def saved(trials: Sequence[FrozenTrial]) -> tuple[int, float]:
    """Epochs and seconds that pruned trials would have taken more, had they gone to their end.

    They are taken to have as many epochs as the trials that did, on average, each as long as the
    pruned trial's own.

    Args:
        trials: with values.
    """
    whole = [spent([trial])[1] for trial in trials if ENDED not in trial.user_attrs]
    if not whole:
        return 0, 0.0
    usual, epochs, seconds = statistics.mean(whole), 0.0, 0.0
    for trial in trials:
        if trial.user_attrs.get(ENDED) == PRUNED:
            took, trained = spent([trial])
            more = max(0.0, usual - trained)
            epochs += more
            seconds += more * took / max(1, trained)
    return round(epochs), seconds
