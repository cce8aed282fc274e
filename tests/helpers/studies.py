"""Studies without training: spaces of two keys, and trials that are told their values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage, InMemoryStorage

from lrec.commands.composing import Choice, Interval
from lrec.commands.tune.budget import Budget
from lrec.commands.tune.objectives import Objective
from lrec.commands.tune.search_space import SearchSpace
from lrec.commands.tune.study import Search, Study, StudyTrial

NAME = "val/ndcg_at_10/all"
SPACE = SearchSpace({"model.rate": Interval(0.001, 1.0, True), "model.size": Choice([32, 64, 128])})
NOWHERE = "elsewhere:1:1"  # the owner of a trial, not heard of when `seen` is 0


def study_of(
    storage: BaseStorage | None = None,
    space: SearchSpace = SPACE,
    budget: Budget | None = None,
    name: str = "study",
    folder: Path = Path("nowhere"),
    objectives: list[Objective] | None = None,
    **search: Any,
) -> Study:
    """A study that has begun; by default of ten trials, drawn by TPE and pruned by halving."""
    given = {
        "sampler": "tpe",
        "pruner": "halving",
        "startup_trials": 3,
        "grace_epochs": 3,
        "epochs": 27,
        "seed": 0,
    }
    study = Study(
        storage or InMemoryStorage(),
        name,
        space,
        objectives or [Objective(NAME, 1)],
        Search(**{**given, **search}),
        budget or Budget(10, None, None),
        {"model": {"rate": 0.1, "size": 64}},
        folder,
    )
    study.begin()
    return study


def finish(trial: StudyTrial, value: float | None = None, seconds: float = 1.0) -> None:
    """End a trial with a value, which by default follows from its settings."""
    trial.spend(seconds, 1, 1)
    trial.finish({NAME: quality(trial) if value is None else value}, None)


def quality(trial: StudyTrial) -> float:
    """A value that depends on a trial's settings alone."""
    return 1 / (1 + abs(trial.trial.params.get("model.rate", 0.1) - 0.3))


def lose(trial: StudyTrial) -> None:
    """Let a trial look as that of a process on another machine that was killed."""
    trial.set("owner", NOWHERE)
    trial.set("seen", 0.0)
