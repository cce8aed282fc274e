"""Replays of a study on a table of recorded trials: nothing is trained, seconds are added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import optuna
from optuna.samplers import RandomSampler
from optuna.trial import TrialState

from benchmarking.recorded import Nearest, Recorded
from lrec.base.arrays import Floats
from lrec.base.files import digest_of_values
from lrec.commands.tune.sampling import Sampler, pruner, sampler

if TYPE_CHECKING:
    from optuna.pruners import BasePruner


class AtPoint(RandomSampler):
    """Gives a trial the values of a point."""

    def __init__(self, point: Mapping[str, Any]) -> None:
        super().__init__()
        self.point = point

    def sample_independent(
        self, study: Any, trial: Any, param_name: str, param_distribution: Any
    ) -> Any:
        return self.point[param_name]


@dataclass(frozen=True)
class Method:
    """A way to search.

    Attributes:
        pruner: one of lrec's, or median.
    """

    sampler: Sampler
    startup_trials: int = 5
    pruner: Literal["none", "halving", "hyperband", "median"] = "none"
    grace_epochs: int = 3

    @property
    def name(self) -> str:
        """The words of a table.

        >>> Method("tpe", 5, "halving", 3).name
        'tpe after 5, halving after 3 epochs'
        """
        learns = self.sampler in ("tpe", "nsga2")
        draws = f"{self.sampler} after {self.startup_trials}" if learns else self.sampler
        if self.pruner == "none":
            return draws
        return f"{draws}, {self.pruner} after {self.grace_epochs} epochs"


@dataclass(frozen=True)
class Course:
    """One replayed study.

    Attributes:
        seconds: spent when each evaluation ended.
        values: by evaluation and objective: of the best epoch, by the first objective, of its trial
            up to then.
        ends: the number of each trial's last evaluation.
        order: the trials, by their place among the table's settings.
        dropped: those that the pruner ended.
    """

    seconds: Floats
    values: Floats
    ends: list[int]
    order: list[int]
    dropped: list[int]


def replay(recorded: Recorded, method: Method, seed: int, budget: float) -> Course:
    """Search the table until the seconds are spent or nothing is left to be tried."""
    directions = ["maximize"] * recorded.n_objectives
    chosen = pruner_of(method, recorded.table.head["epochs"])
    study = optuna.create_study(study_name=str(seed), directions=directions, pruner=chosen)
    study.enqueue_trial(recorded.trials[0].params)
    untried, clock = list(range(len(recorded.trials))), 0.0
    seconds: list[Floats] = []
    values: list[Floats] = []
    order: list[int] = []
    dropped: list[int] = []
    points = recorded.space.points(seed) if method.sampler == "grid" else []
    while untried and clock < budget:
        own = int(digest_of_values([seed, len(order)])[:8], 16)
        inner = sampler(method.sampler, method.startup_trials, own)
        if method.sampler == "grid" and order:
            if len(order) > len(points):
                break
            inner = AtPoint(points[len(order) - 1])
        study.sampler = nearest = Nearest(inner, recorded, untried)
        trial = study.ask()
        known = recorded.trials[0].params if not order else recorded.space.keys
        recorded.space.only(list(known)).suggest(trial)
        index = nearest.index if order else 0
        untried.remove(index)
        order.append(index)
        ended, was_dropped = train(recorded, index, trial, method.pruner != "none")
        if was_dropped:
            dropped.append(index)
            study.tell(trial, state=TrialState.PRUNED)
        elif recorded.trials[index].error or not len(recorded.values[index]):
            study.tell(trial, state=TrialState.FAIL)
        else:
            study.tell(trial, list(recorded.values[index][-1]))
        seconds.append(clock + recorded.seconds[index][:ended])
        values.append(recorded.values[index][:ended])
        clock = float(seconds[-1][-1]) if ended else clock
    ends = np.cumsum([len(one) for one in seconds]) - 1
    return Course(np.concatenate(seconds), np.concatenate(values), ends.tolist(), order, dropped)


def train(recorded: Recorded, index: int, trial: optuna.Trial, prunes: bool) -> tuple[int, bool]:
    """Go along a recorded curve; return its evaluations up to the end, and True if pruned there."""
    epochs = recorded.epochs[index]
    if prunes and recorded.n_objectives == 1:
        for place, epoch in enumerate(epochs):
            trial.report(float(recorded.values[index][place, 0]), epoch)
            if trial.should_prune() and place + 1 < len(epochs):
                return place + 1, True
    return len(epochs), False


def pruner_of(method: Method, epochs: int | None) -> BasePruner:
    """The pruner of a method; a model without epochs is never pruned."""
    if method.pruner == "median" and epochs is not None:
        return optuna.pruners.MedianPruner(4, method.grace_epochs)
    if method.pruner == "median" or epochs is None:
        return optuna.pruners.NopPruner()
    return pruner(method.pruner, method.grace_epochs, epochs)
