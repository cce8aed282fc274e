"""The Pareto front of a study, with paired intervals of its differences on validation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats
from lrec.commands.runs import pareto
from lrec.commands.tune.objectives import Objective
from lrec.commands.tune.results import hypervolume, user_values
from lrec.commands.tune.results.outcome import Measured, StudyOutcome
from lrec.evaluation.statistics import bootstrap, interval

if TYPE_CHECKING:
    import pandas as pd

RESAMPLES = 2000  # of the users of each group
MARGIN = 0.1  # costs that differ by less, relative to the other, are not told apart


@dataclass(frozen=True)
class Difference:
    """The difference of a setting to another one in one objective.

    Attributes:
        objective: that they differ in.
        other: value of the other setting.
        value: the difference; `low` and `high` bound it by the paired bootstrap over users, NaN
            where users have no values.
    """

    objective: Objective
    other: float
    value: float
    low: float
    high: float

    @property
    def relative(self) -> float:
        """The difference by the other's value, positive where it is better; NaN where that is 0."""
        return self.objective.sign * self.value / abs(self.other) if self.other else math.nan

    @property
    def shown(self) -> int:
        """1 if it is shown to be better, -1 if it is shown to be worse, 0 if neither."""
        side = 0
        if self.objective.is_cost:
            side = int(np.sign(self.relative)) if abs(self.relative) >= MARGIN else 0
        elif self.low > 0 or self.high < 0:
            side = self.objective.sign * int(np.sign(self.value))
        return side


@dataclass(frozen=True)
class Front:
    """Trials that no other trial of a study is better than in every objective.

    Attributes:
        objectives: of the study.
        trials: that have a value of every objective, in order.
        as_it_is: the candidate; None if it has no value.
        tables: users' values by the number of a trial: of the front, and of the candidate as it is.
    """

    objectives: Sequence[Objective]
    trials: Sequence[Measured]
    as_it_is: Measured | None
    tables: Mapping[int, pd.DataFrame]

    @classmethod
    def of(cls, outcome: StudyOutcome) -> Front:
        """The front of a study, with the users' values that its trials have kept."""
        goals = outcome.study.objectives
        whole = [t for t in outcome.trials if all(goal.name in t.values for goal in goals)]
        own = next((t for t in whole if not t.overrides), None)
        bare = cls(goals, whole, own, {})
        wanted = {t.number: t for t in [*bare.settings, *([own] if own else [])]}
        tables = {n: user_values.read(t.folder, t.run) for n, t in wanted.items()}
        return cls(goals, whole, own, {n: t for n, t in tables.items() if t is not None})

    @cached_property
    def points(self) -> Floats:
        """Values of all trials, `(trials, objectives)`, signed so that more is better."""
        rows = [[goal.sign * t.values[goal.name] for goal in self.objectives] for t in self.trials]
        return np.array(rows, float).reshape(len(rows), len(self.objectives))

    @cached_property
    def settings(self) -> list[Measured]:
        """The front, the best of the first objective first; of equal ones the first tried."""
        unique = np.sort(np.unique(self.points, axis=0, return_index=True)[1])
        chosen = unique[pareto.front(self.points[unique])].tolist()
        return [self.trials[i] for i in sorted(chosen, key=lambda i: -self.points[i, 0])]

    @property
    def reference(self) -> Floats:
        """The reference point of hypervolumes: the worst values of all trials, signed."""
        return hypervolume.worst(self.points)

    def hypervolumes(self) -> list[float]:
        """The hypervolume after each trial."""
        return hypervolume.over_trials(self.points, self.reference) if self.trials else []

    def value_interval(self, trial: Measured, objective: Objective) -> tuple[float, float]:
        """The 95 % interval of a setting's value; NaN where users have none."""
        column = self._bootstraps[objective.name].get(trial.number)
        return _bounds(column) if column is not None else (math.nan, math.nan)

    def difference(self, one: Measured, other: Measured, objective: Objective) -> Difference:
        """The difference of a setting to another one, over the same users."""
        base = other.values[objective.name]
        value = one.values[objective.name] - base
        columns = self._bootstraps[objective.name]
        low, high = math.nan, math.nan
        if one.number in columns and other.number in columns:
            low, high = _bounds(columns[one.number] - columns[other.number])
        return Difference(objective, base, value, low, high)

    def differences(self, one: Measured, other: Measured) -> list[Difference]:
        """The differences of a setting to another one, by objective."""
        return [self.difference(one, other, objective) for objective in self.objectives]

    def chosen(self) -> list[Measured]:
        """The settings to look at again: the best of each end, and the one that adds most between.

        The candidate as it is is not among them.
        """
        found = self.settings
        if len(self.objectives) > 1 and len(found) > 2:
            signed = {
                trial.number: row for trial, row in zip(self.trials, self.points, strict=True)
            }
            points = np.array([signed[trial.number] for trial in found])
            last = found[int(points[:, 1].argmax())]
            added = hypervolume.contributions(points, self.reference)
            ends = [found[0], last]
            inner = [i for i, trial in enumerate(found) if trial not in ends]
            found = [ends[0], found[max(inner, key=lambda i: added[i])], *ends[1:]]
            found = list({trial.number: trial for trial in found}.values())
        elif len(self.objectives) == 1:
            found = found[:1]
        return [trial for trial in found if trial.overrides]

    @cached_property
    def _bootstraps(self) -> dict[str, dict[int, Floats]]:
        """Means of each objective over resamples of its users, by trial: the same for all."""
        found: dict[str, dict[int, Floats]] = {}
        for objective in self.objectives:
            values = {n: user_values.of_group(t, objective) for n, t in self.tables.items()}
            known = {n: column for n, column in values.items() if column is not None}
            sizes = {len(column) for column in known.values()}
            if len(sizes) == 1 and sizes != {0}:  # else trials of other users, which do not pair
                means = bootstrap(np.stack(list(known.values()), axis=1), RESAMPLES)
                found[objective.name] = dict(zip(known, means.T, strict=True))
            else:
                found[objective.name] = {}
        return found


def _bounds(resampled: Floats) -> tuple[float, float]:
    low, high = interval(resampled[:, None])
    return float(low[0]), float(high[0])
