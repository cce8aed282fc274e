"""Commands that are shown, as a shell and Hydra read them when they are pasted."""

from __future__ import annotations

import shlex
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.composing import PARSER

from lrec.base.errors import ConfigError
from lrec.cli.quoting import quoted
from lrec.commands.runs.selection import ComparedModel, provenance
from lrec.commands.runs.sweep_composition import candidate_overrides
from lrec.commands.tune.objectives import Objective
from lrec.commands.tune.results.outcome import Measured, StudyOutcome
from lrec.commands.tune.results.tables import following
from lrec.reporting.formatting import distinguishing_words
from lrec.tracking import SavedRun

OVERRIDES = (
    ["model=vae", "model.hidden_sizes=[600,200]", "seed=1"],
    ["model=ease", "dataset.path='josé (1).csv'", "tracking.run_name='it\\'s \"$HOME\" & so'"],
    ["model=ease", "dataset.path=C:\\a b\\"],
)


def outcome(overrides: list[str], trials: list[Measured]) -> StudyOutcome:
    study: Any = SimpleNamespace(objectives=[Objective("val/ndcg_at_10/all", 1)])
    candidate: Any = SimpleNamespace(name=overrides[0], overrides=overrides)
    return StudyOutcome(candidate, study, trials, [], 1.0, 1, (0, 0.0))


def measured(overrides: list[str], value: float) -> Measured:
    return Measured(0, {}, overrides, {"val/ndcg_at_10/all": value}, 1.0, 1, None, "id", None)


def test_best_settings_are_compared_as_they_were_trained() -> None:
    found = [
        outcome(overrides[:1], [measured(overrides[1:], 0.2), measured([], 0.1)])
        for overrides in OVERRIDES
    ]
    (words,) = following([*found, outcome(["model=gan"], [])])
    pasted = shlex.split(shlex.join(words))
    assert pasted[:2] == ["lrec", "compare"]
    candidates = PARSER.parse_override(quoted(pasted[2])).value()
    assert [candidate_overrides(str(one)) for one in candidates] == list(OVERRIDES)


def test_one_candidate_is_compared_with_itself_as_it_is_and_of_none_there_is_no_command() -> None:
    best = outcome(["model=vae"], [measured([], 0.1), measured(["model.beta=0"], 0.2)])
    ((*_, candidates),) = following([best])
    assert candidates == 'candidates=["model=vae","model=vae model.beta=0"]'
    assert following([outcome(["model=vae"], [])]) == []


def test_commands_on_pages_can_be_pasted() -> None:
    run = SavedRun("id", {}, {}, {}, "csv", "digest", 1.0)
    for overrides in OVERRIDES:
        facts = provenance([ComparedModel("vae", {1: run})], "compare", overrides)
        assert shlex.split(facts["command"]) == ["lrec", "compare", *overrides]


def test_candidates_are_read_as_a_shell_does() -> None:
    assert candidate_overrides("model=vae  'run_name=a b'") == ["model=vae", "run_name=a b"]
    with pytest.raises(ConfigError, match="a quote has no end"):
        candidate_overrides("model=vae run_name='a")


def test_words_that_differ_can_be_pasted() -> None:
    one, two, _ = distinguishing_words([shlex.join(words) for words in OVERRIDES])
    assert shlex.split(one) == OVERRIDES[0]
    assert shlex.split(two) == OVERRIDES[1]
    assert distinguishing_words(["a=1 'b=x y'", "a=1 'b=x z'"]) == ["'b=x y'", "'b=x z'"]
    assert distinguishing_words(["a=1 'b", "a=1 b=2"])[1] == "b=2"  # one was cut off
