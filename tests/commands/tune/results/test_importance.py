"""Importance of parameters, and that a few trials have none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.fronts import TAIL, trial

from lrec.commands.composing import Choice, Interval
from lrec.commands.tune.results.importance import LEAST, importances
from lrec.commands.tune.results.outcome import Measured
from lrec.commands.tune.search_space import SearchSpace

SPACE = SearchSpace({"model.x": Interval(0.0, 1.0, False), "model.y": Choice([1, 2, 3])})


def tried(n: int) -> list[Measured]:
    """Trials whose value depends on x alone."""
    generator = np.random.default_rng(0)
    found = []
    for number in range(n):
        x, y = float(generator.random()), str(generator.integers(1, 4))
        one = trial(number, **{TAIL.name: -((x - 0.3) ** 2)})
        found.append(replace(one, params={"model.x": x, "model.y": y}))
    return found


def test_what_decides_the_value_has_the_largest_share() -> None:
    shares = importances(tried(60), TAIL, SPACE)
    assert next(iter(shares)) == "model.x"
    assert shares["model.x"] > 0.8
    assert sum(shares.values()) == pytest.approx(1)


def test_few_trials_and_empty_spaces_have_none() -> None:
    assert importances(tried(LEAST - 1), TAIL, SPACE) == {}
    assert importances(tried(LEAST), TAIL, SPACE) != {}
    assert importances(tried(60), TAIL, SearchSpace({})) == {}


def test_a_candidate_as_it_is_may_lack_parameters() -> None:
    first, *others = tried(30)
    assert importances([replace(first, params={"model.x": 0.9}), *others], TAIL, SPACE)
