"""Rollouts of all models and controls in one environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lrec.base.arrays import Ints
from lrec.commands.runs.saved import load_model_for, other_references, settings_of
from lrec.commands.runs.selection import ComparedModel
from lrec.commands.simulate.environment import (
    Environment,
    GroundTruthEnvironment,
    HeldOutEnvironment,
)
from lrec.commands.simulate.results import ModelResult, summarise_rollouts
from lrec.commands.simulate.retraining import RankingPolicy, popularity, refit
from lrec.commands.simulate.rollout import Policy, random_policy, roll_out
from lrec.data.queries import Split
from lrec.evaluation.bucket import ALL, COLD, Bucketing
from lrec.evaluation.references import ORACLE
from lrec.reporting.terminal import Screen

RANDOM = "random"


class SimulationRunner:
    """Rolls out policies in the environment of a split.

    Args:
        split: with users held out whole.
        bucketings: sort the users by their fold-in history, before it is cut down to `start`.
        start: earliest items of each user that are in the history before the first round.
        rounds: of a rollout.
        shown: items recommended to each user in a round.
        active: items from which a user counts as active.
        retrain: True if models are trained again after every round.
        seed: of the acceptance, and of the random control.
        screen: notes which model is simulated.
        location: keys that say where the runs' data lies now, and their values.

    Attributes:
        feedback: the source of what users accept, in words.
        groups: rows of users by bucket.
        edges: bucket -> its meaning, in words.
    """

    def __init__(
        self,
        split: Split,
        bucketings: Iterable[Bucketing],
        *,
        start: int,
        rounds: int,
        shown: int,
        active: int,
        retrain: bool,
        seed: int,
        screen: Screen,
        location: Mapping[str, Any],
    ) -> None:
        self.split = split
        self.rounds = rounds
        self.shown = shown
        self.active = active
        self.retrain = retrain
        self.seed = seed
        self.screen = screen
        self.location = location
        kind = HeldOutEnvironment if split.truth is None else GroundTruthEnvironment
        self.environment: Environment = kind(split, start, seed)
        self.feedback = "held-out data" if split.truth is None else "ground truth"
        self.groups: dict[str, Ints] = {ALL: np.arange(len(split.test))}
        self.edges: dict[str, str] = {}
        for bucketing in bucketings:
            buckets = bucketing.sort(split.test.train_history, split)
            column = buckets.column
            rows = {name: np.flatnonzero(column == name) for name in (*buckets.names, COLD)}
            self.groups |= {name: users for name, users in rows.items() if len(users)}
            self.edges |= buckets.edges

    def evaluate_runs(self, model: ComparedModel) -> ModelResult:
        """The mean over a model's seeds."""
        return self._result(model.name, (self._policy(run.id) for run in model.distinct.values()))

    def evaluate_controls(self, names: Sequence[str]) -> list[ModelResult]:
        """Reference models that are not among the names, and random exposure."""
        policies: dict[str, Policy] = {}
        for name, model in other_references(self.split, names).items():
            fit = popularity if self.retrain and name != ORACLE else None
            policies[name] = RankingPolicy(model, self.shown, self.split, fit)
        policies[RANDOM] = random_policy(self.split.catalogue.n_items, self.shown, self.seed)
        return [self._result(name, [policy]) for name, policy in policies.items()]

    def _policy(self, run_id: str) -> Policy:
        fit = refit(settings_of(run_id, self.location), self.screen) if self.retrain else None
        model = load_model_for(run_id, self.split.catalogue)
        return RankingPolicy(model, self.shown, self.split, fit)

    def _result(self, name: str, policies: Iterable[Policy]) -> ModelResult:
        self.screen.note(f"simulating {name}")
        rollouts = (roll_out(self.environment, policy, self.rounds) for policy in policies)
        return summarise_rollouts(name, rollouts, self.environment, self.groups, self.active)
