"""Random configurations: they fit the models and lie in their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.composing import checked, composed

from lrec.base.config.conf import options
from lrec.cli.composer import HydraComposer
from lrec.commands.tune.search_space import draw


def test_every_model_has_a_search_space() -> None:
    assert options("search") == options("model")


@pytest.mark.parametrize("model", options("search"))
def test_whatever_is_drawn_fits_the_model(model: str) -> None:
    generator = np.random.default_rng(0)
    drawn = [draw(model, generator, HydraComposer()) for _ in range(5)]
    assert len(set(map(tuple, drawn))) > 1
    for overrides in drawn:
        checked(composed(f"model={model}", *overrides))


def test_draws_stay_in_their_interval_and_logarithms_spread_evenly() -> None:
    generator = np.random.default_rng(0)
    draws = [draw("ease", generator, HydraComposer()) for _ in range(400)]
    strength = np.array([float(o[0].partition("=")[2]) for o in draws])
    assert 10 <= strength.min() <= strength.max() <= 2000
    assert 0.4 < (strength < np.sqrt(10 * 2000)).mean() < 0.6


def test_a_model_without_a_space_is_tried_as_it_is() -> None:
    assert draw("no_such_model", np.random.default_rng(0), HydraComposer()) == []
