"""A table of recorded trials, and a sampler that draws from it only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.samplers import BaseSampler

from benchmarking.trial_table import TrialTable
from lrec.base.arrays import Floats
from lrec.commands.composing import Choice
from lrec.commands.tune.search_space import SearchSpace

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial, TrialState


class Recorded:
    """A table made ready for many replays.

    Args:
        groups: of users; the metric in the first is monitored, that in others an objective too.
        clock: `cpu` or `seconds`.

    Attributes:
        seconds, values: of each setting, by evaluation (and objective), in the order of the table.
    """

    def __init__(self, table: TrialTable, groups: Sequence[str], clock: str) -> None:
        self.table = table
        self.trials = table.drawn
        self.space = table.space
        self.points = places(self.space, [trial.params for trial in self.trials])
        self.seconds: list[Floats] = []
        self.epochs: list[list[int]] = []
        self.values: list[Floats] = []
        for trial in self.trials:
            curve = np.array([trial.curve.get(group, []) for group in groups], dtype=float).T
            first = curve[:, 0] if len(curve) else np.zeros(0)
            is_best = first == np.maximum.accumulate(first)
            best = np.maximum.accumulate(np.where(is_best, np.arange(len(curve)), 0))
            self.values.append(curve[best])
            self.seconds.append(np.array(trial.curve[clock], dtype=float))
            self.epochs.append([int(epoch) for epoch in trial.curve["epoch"]])

    @property
    def finals(self) -> Floats:
        """Each setting's values at its end; NaN where the run failed."""
        nothing = np.full(self.n_objectives, np.nan)
        return np.array([curve[-1] if len(curve) else nothing for curve in self.values])

    @property
    def n_objectives(self) -> int:
        return self.values[0].shape[1]

    @property
    def total(self) -> float:
        """Seconds of all settings."""
        return float(sum(one[-1] for one in self.seconds if len(one)))


class Nearest(BaseSampler):
    """Another sampler, whose every draw is replaced by the recorded settings nearest to it.

    Nearest among those that have not been tried: values are compared by their place between the
    bounds of their interval (of logarithms, where it is logarithmic), choices of numbers by rank,
    other choices by being the same; the differences are added up (Gower 1971).

    Attributes:
        index: of the settings that were taken last.
    """

    def __init__(self, inner: BaseSampler, recorded: Recorded, untried: list[int]) -> None:
        self.inner = inner
        self.recorded = recorded
        self.untried = untried
        self.index = 0

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return {} if "fixed_params" in trial.system_attrs else self.recorded.space.distributions()

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if not search_space:
            return {}
        trial = study._storage.get_trial(trial._trial_id)  # with what `before_trial` has noted
        known = self.inner.infer_relative_search_space(study, trial)
        drawn = dict(self.inner.sample_relative(study, trial, known))
        for key, distribution in search_space.items():
            if key not in drawn:
                drawn[key] = self.inner.sample_independent(study, trial, key, distribution)
        (point,) = places(self.recorded.space, [drawn])
        distances = np.abs(self.recorded.points[self.untried] - point).sum(axis=1)
        self.index = self.untried[int(distances.argmin())]
        return dict(self.recorded.trials[self.index].params)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        return self.inner.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self.inner.before_trial(study, trial)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        self.inner.after_trial(study, trial, state, values)


def places(space: SearchSpace, params: Sequence[Mapping[str, Any]]) -> Floats:
    """Settings as points, the distance of two of which is the sum of differences.

    A choice of words has a column for each, of height one half. A missing value is NaN.
    """
    columns: list[list[float]] = []
    for key, distribution in space.distributions().items():
        part, values = space.keys[key], [one.get(key) for one in params]
        if not isinstance(part, Choice):
            scale = np.log if part.log else np.asarray
            known = np.array([np.nan if value is None else value for value in values], dtype=float)
            low, high = scale(part.low), scale(part.high)
            columns.append(list((scale(known) - low) / (high - low)))
            continue
        choices = list(distribution.choices)  # type: ignore[attr-defined]
        if all(isinstance(value, int | float) for value in part.values):
            ranks = {choice: i / max(1, len(choices) - 1) for i, choice in enumerate(choices)}
            columns.append([ranks.get(value, np.nan) for value in values])
        else:
            columns += [[0.5 * (value == choice) for value in values] for choice in choices]
    return np.array(columns, dtype=float).T.reshape(len(params), -1)
