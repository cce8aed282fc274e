"""Trials as they stand in a storage, without training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from optuna.storages import BaseStorage

from lrec.commands.composing import Choice, Interval
from lrec.commands.tune.budget import Budget
from lrec.commands.tune.objectives import Objective
from lrec.commands.tune.results.front import Front
from lrec.commands.tune.results.outcome import Measured
from lrec.commands.tune.search_space import SearchSpace
from lrec.commands.tune.study import Search, Study
from lrec.commands.tune.warm_start import MODEL

TAIL = Objective("val/ndcg_at_10/tail", 1)
HEAD = Objective("val/ndcg_at_10/head", 1)
SECONDS = Objective("seconds", -1)
KEYS = {"model.x": Interval(0.0, 1.0, False), "model.y": Choice([1, 2])}


def study_of(
    storage: BaseStorage,
    name: str,
    folder: Path,
    model: str = "vae",
    pruner: str = "none",
    **keys: Interval | Choice,
) -> Study:
    """A study of the tail, drawn at random by its name, of a candidate with x = 0.5 and y = 1."""
    search = Search("random", pruner, 2, 3, 10, len(name))  # type: ignore[arg-type]
    space, own = SearchSpace(keys or KEYS), {"model": {"x": 0.5, "y": 1}}
    made = Study(storage, name, space, [TAIL], search, Budget(9, None, None), own, folder)
    made.attribute(MODEL, model)
    made.offer_first()
    return made


def finish(study: Study, value: float, ended: str | None = None) -> None:
    """Train a trial to a value."""
    trial = study.ask()
    assert trial is not None
    trial.finish({TAIL.name: value}, ended)


def trial(number: int, ended: str | None = None, **values: float) -> Measured:
    """A trial; number 0 is the candidate as it is."""
    return Measured(
        number=number,
        params={"model.regularisation": 10.0 * (number + 1)},
        overrides=[f"model.regularisation={10 * (number + 1)}"] if number else [],
        values=values,
        seconds=2.0,
        epochs=1,
        ended=ended,
        run="",
        folder=None,
    )


def measured(number: int, users: pd.DataFrame, **costs: float) -> Measured:
    """A trial with the values that its users have."""
    means = users.groupby("bucket/activity", observed=True)["ndcg_at_10"].mean()
    values = {f"val/ndcg_at_10/{group}": float(mean) for group, mean in means.items()}
    return trial(number, **values, **costs)


def users(tail: float, head: float, n: int = 400, seed: int = 0) -> pd.DataFrame:
    """Users' values around a mean for each bucket; of the same users in each call."""
    noise = np.random.default_rng(seed).normal(0, 0.05, 2 * n)
    values = np.repeat([tail, head], n) + noise
    return pd.DataFrame(
        {
            "bucket/activity": pd.Categorical(np.repeat(["tail", "head"], n)),
            "ndcg_at_10": values.astype(np.float32),
        }
    )


def front_of(
    tables: Mapping[int, pd.DataFrame], objectives: tuple[Objective, ...] = (TAIL, HEAD)
) -> Front:
    """The front of trials with these users."""
    trials = [measured(number, table, seconds=10.0 + number) for number, table in tables.items()]
    own = next((one for one in trials if not one.overrides), None)
    return Front(objectives, trials, own, tables)
