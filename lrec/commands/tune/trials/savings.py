"""Epochs and seconds that pruning saved."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lrec.commands.runs.aggregates import label
from lrec.commands.tune.budget import spent
from lrec.commands.tune.trials.attributes import ENDED, MEASURED

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def saved(trials: Sequence[FrozenTrial]) -> tuple[int, float]:
    """Epochs and seconds that pruned trials would have taken more, had they gone to their end.

    They are taken to have as many epochs as the trials that did, on average, each as long as the
    pruned trial's own.

    Args:
        trials: of a study that have ended.
    """
    trials = [trial for trial in trials if MEASURED in trial.user_attrs]
    whole = [spent([trial])[1] for trial in trials if ENDED not in trial.user_attrs]
    if not whole:
        return 0, 0.0
    usual, epochs, seconds = statistics.mean(whole), 0.0, 0.0
    for trial in trials:
        if trial.user_attrs.get(ENDED) == "pruned":
            took, trained = spent([trial])
            more = max(0.0, usual - trained)
            epochs += more
            seconds += more * took / max(1, trained)
    return round(epochs), seconds


def sentence(candidate: str, trials: Sequence[FrozenTrial]) -> str:
    """A line on pruning's share in a study; empty if it ended no trial."""
    pruned = sum(trial.user_attrs.get(ENDED) == "pruned" for trial in trials)
    if not pruned:
        return ""
    epochs, seconds = saved(trials)
    return (
        f"{candidate}: pruning ended {pruned} of {len(trials)} trials and saved about {epochs} "
        f"epochs, {seconds:.0f} s, by those that went to their end"
    )


def metrics(candidate: str, trials: Sequence[FrozenTrial]) -> dict[str, float]:
    """The savings under the names that the command's run has them by."""
    epochs, seconds = saved(trials)
    name = label(candidate)
    return {f"budget/saved_epochs/{name}": epochs, f"budget/saved_minutes/{name}": seconds / 60}
