"""Samplers and pruners by their names."""

from __future__ import annotations

import optuna

from lrec.commands.composing import Choice, Interval
from lrec.commands.tune.sampling import sampler
from lrec.commands.tune.search_space import SearchSpace


def test_a_grid_is_tried_whole_though_each_trial_has_a_sampler_of_its_own() -> None:
    space = SearchSpace({"a": Choice(["x", "y"]), "b": Interval(1.0, 16.0, True)})
    study = optuna.create_study()
    tried = set()
    for _ in range(10):
        study.sampler = sampler("grid", space, 1, 7)
        trial = study.ask()
        space.suggest(trial)
        study.tell(trial, 0.0)  # Optuna's own grid raises an error at the last one
        tried.add((trial.params["a"], round(trial.params["b"], 6)))
    assert tried == {(a, float(b)) for a in "xy" for b in (1, 2, 4, 8, 16)}
