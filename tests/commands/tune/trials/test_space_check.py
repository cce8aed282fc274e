"""Search spaces of which a trial could draw what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lrec.base.config.conf import options
from lrec.base.errors import ConfigError
from lrec.cli.from_python import composed
from lrec.commands.composing import Choice, Interval
from lrec.commands.tune.candidate import candidates
from lrec.commands.tune.search_space import SearchSpace
from lrec.commands.tune.trials.space_check import refuse_bad_space

HEADS = "model.heads"
WIDTH = "model.embedding_size"


def test_spaces_of_every_model_fit_it() -> None:
    with composed("tune", ["schedule.epochs=2"]) as call:
        found = candidates(call.settings, call.invocation)
    assert [candidate.name for candidate in found] == options("model")


def test_settings_that_do_not_go_together_are_left_to_trials() -> None:
    """A width of 60 does not go with 8 heads, and goes with 4; one of 0 goes with neither."""
    with composed("tune", ["candidates=['model=attention model.heads=8']"]) as call:
        (candidate,) = candidates(call.settings, call.invocation)
        heads = Choice([8, 4])
        with pytest.raises(ConfigError, match="heads"):
            candidate.compose(["model.embedding_size=60"])
        refuse_bad_space(replace(candidate, space=SearchSpace({HEADS: heads, WIDTH: Choice([60])})))
        space = SearchSpace({HEADS: heads, WIDTH: Choice([64, 0])})
        with pytest.raises(ConfigError, match=r"conf/search/attention.yaml: .*embedding_size=0 is"):
            refuse_bad_space(replace(candidate, space=space))


def test_a_candidate_of_its_own_settings_does_not_spoil_the_space() -> None:
    """With a width of 60, 8 heads are refused; without it the model takes them."""
    with composed("tune", ["candidates=['model=attention model.embedding_size=60']"]) as call:
        (candidate,) = candidates(call.settings, call.invocation)
        refuse_bad_space(replace(candidate, space=SearchSpace({HEADS: Choice([1, 8])})))


def test_an_interval_is_looked_at_between_its_ends() -> None:
    with composed("tune", ["candidates=[attention]"]) as call:
        (candidate,) = candidates(call.settings, call.invocation)
        space = SearchSpace({"model.blocks": Interval(1.0, 3.0, log=True)})
        with pytest.raises(ConfigError, match=r"model.blocks=1.02 is refused: .*a whole number"):
            refuse_bad_space(replace(candidate, space=space))
