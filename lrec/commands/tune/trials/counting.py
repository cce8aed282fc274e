"""Trials of a storage that count, although several processes take and lose them at once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lrec.commands.tune.trials.attributes import AFTER, PLACE, VOID

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def counted(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Trials that count: begun ones, and those that wait to go on with a killed one's run.

    A storage numbers trials in order, so that all processes come to the same answer whatever they
    have written at the same time: of trials in one place the first counts, and one that another
    goes on with does not.
    """
    from optuna.trial import TrialState

    seen: set[str] = set()
    found = []
    for trial in trials:
        place = trial.user_attrs.get(PLACE, "")
        if VOID in trial.user_attrs or place in seen:
            continue
        if place:
            seen.add(place)
        if trial.state != TrialState.WAITING or place.startswith(AFTER):
            found.append(trial)
    return [trial for trial in found if f"{AFTER}{trial.number}" not in seen]


def origin(trials: Sequence[FrozenTrial], number: int) -> int:
    """The number of the trial that first had the place of a trial's run.

    Args:
        trials: all of the storage, in order.
    """
    place = trials[number].user_attrs.get(PLACE, "")
    while place.startswith(AFTER):
        number = int(place.removeprefix(AFTER))
        place = trials[number].user_attrs.get(PLACE, "")
    return number


def ranks(trials: Sequence[FrozenTrial]) -> Callable[[int], int]:
    """A function of a trial's number: how many trials that count were begun before its run was."""
    begun = sorted(origin(trials, trial.number) for trial in counted(trials))
    return lambda number: bisect_left(begun, origin(trials, number))
