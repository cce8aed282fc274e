"""Evaluation of models on the same users with ever longer parts of their histories."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrec.base.arrays import Floats
from lrec.commands.reveal.curves import ModelCurves
from lrec.commands.runs.saved import load_model_for
from lrec.commands.runs.selection import ComparedModel
from lrec.data.queries import Queries, Split
from lrec.evaluation.metric import Lists, RankingMetric
from lrec.evaluation.ranking import Ranker
from lrec.model import Model
from lrec.reporting.terminal import Screen


class HistoryRevealer:
    """Shows models the latest items of the test users, and evaluates their rankings.

    Args:
        split: with users held out whole.
        metric: of the curves.
        k: length of the lists.
        lengths: rising numbers of items shown.
    """

    def __init__(self, split: Split, metric: RankingMetric, k: int, lengths: Sequence[int]) -> None:
        self.split = split
        self.metric = metric
        self.k = k
        self.lengths = lengths

    def evaluate_runs(self, model: ComparedModel, screen: Screen) -> ModelCurves:
        """The mean over a model's seeds."""
        curves = []
        for seed, run in model.distinct.items():
            screen.note(f"evaluating {model.name}, seed {seed}")
            curves.append(self.evaluate(model.name, load_model_for(run.id, self.split.catalogue)))
        return ModelCurves(
            name=model.name,
            values=np.mean([c.values for c in curves], axis=0),
            covered=np.mean([c.covered for c in curves], axis=0),
            whole=np.mean([c.whole for c in curves], axis=0),
        )

    def evaluate(self, name: str, model: Model, competes: bool = True) -> ModelCurves:
        """One model, at every length and with whole histories."""
        ranker, queries = Ranker(model, self.k), self.split.test
        history = queries.history.lengths
        values = np.full((len(history), len(self.lengths)), np.nan)
        covered = values.copy()
        for index, n in enumerate(self.lengths):
            users = np.flatnonzero(history >= n)
            revealed = queries.take(users).revealing(n)
            values[users, index], covered[users, index] = self._evaluate(ranker, revealed)
        whole, _ = self._evaluate(ranker, queries)
        return ModelCurves(name, values, covered, whole, competes)

    def _evaluate(self, ranker: Ranker, queries: Queries) -> tuple[Floats, Floats]:
        """The metric of each user, and 1 where the list is personalised, 0 where it is not."""
        ranking = ranker(queries)
        lists = Lists(
            ranking.items,
            queries.target,
            queries.history,
            ranking.is_personalised,
            ranker.model.catalogue,
        )
        return self.metric(lists, self.k), ranking.is_personalised.astype(float)
