"""Search spaces: what is drawn fits the models and lies in its interval."""

from __future__ import annotations

import numpy as np
import optuna
import pytest
from helpers.composing import checked, composed

from lrec.base.config.conf import options
from lrec.base.errors import ConfigError
from lrec.cli.composer import HydraComposer
from lrec.commands.composing import Choice, Interval
from lrec.commands.tune.search_space import SearchSpace, _part


def draws(space: SearchSpace, n: int) -> list[list[str]]:
    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(sampler=sampler)
    return [space.suggest(study.ask()) for _ in range(n)]


def test_every_model_has_a_search_space() -> None:
    assert options("search") == options("model")


@pytest.mark.parametrize("model", options("search"))
def test_whatever_is_drawn_fits_the_model(model: str) -> None:
    drawn = draws(SearchSpace.of_model(model, HydraComposer()), 5)
    assert len(set(map(tuple, drawn))) > 1
    for overrides in drawn:
        checked(composed(f"model={model}", *overrides))


def test_draws_stay_in_their_interval_and_logarithms_spread_evenly() -> None:
    drawn = draws(SearchSpace.of_model("ease", HydraComposer()), 400)
    strength = np.array([float(overrides[0].partition("=")[2]) for overrides in drawn])
    assert 10 <= strength.min() <= strength.max() <= 10_000
    assert 0.4 < (strength < np.sqrt(10 * 10_000)).mean() < 0.6


def test_a_model_without_a_space_has_an_empty_one() -> None:
    space = SearchSpace.of_model("no_such_model", HydraComposer())
    assert space.keys == {}
    assert space.size == 1
    assert space.points(0) == [{}]


def test_points_are_those_of_the_grid_in_an_order_of_their_seed() -> None:
    space = SearchSpace({"a": Choice([1, None]), "b": Interval(1.0, 100.0, True)})
    assert space.size == np.inf
    assert SearchSpace({"a": Choice([1, None]), "c": Choice([True, 2, 3])}).size == 6
    points = space.points(0)
    assert points != space.points(1)
    assert {(point["a"], round(point["b"], 3)) for point in points} == {
        (a, b) for a in ("1", "null") for b in (1.0, 3.162, 10.0, 31.623, 100.0)
    }


def test_values_of_a_config_are_known_where_they_lie_in_the_space() -> None:
    space = SearchSpace({"m.a": Choice([1, None]), "m.b": Interval(1, 9, False)})
    assert space.inside({"m": {"a": None, "b": 4}}) == {"m.a": "null", "m.b": 4.0}
    assert space.inside({"m": {"a": 3, "b": 10}}) == {}


def test_a_space_is_written_in_the_grammar_of_sweeps() -> None:
    with pytest.raises(ConfigError, match=r"model.size must be choice\(…\), interval"):
        _part("model.size", "range(1,5)", HydraComposer())
