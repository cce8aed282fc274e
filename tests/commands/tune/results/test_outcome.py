"""A study's trials as they are read from its storage, and their tables."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
import pytest
from helpers.composing import checked, composed
from helpers.fronts import TAIL, finish, study_of
from optuna.storages import InMemoryStorage

from lrec.commands.runs.sweep_composition import candidate_overrides
from lrec.commands.tune.results.front import Front
from lrec.commands.tune.results.outcome import StudyOutcome
from lrec.commands.tune.results.page import Findings, page
from lrec.commands.tune.results.tables import (
    following,
    outcome_table,
    outcomes_of,
    trials_table,
)
from lrec.commands.tune.settings import TuneSettings


@dataclass
class FakeCandidate:
    """A candidate of which no trial is trained."""

    name: str = "vae"
    overrides: list[str] = field(default_factory=lambda: ["model=vae"])


def outcome_of(folder: Path, *values: float | str) -> StudyOutcome:
    """The outcome of trials that reached a value, or failed for a reason."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = study_of(InMemoryStorage(), "a study", folder, pruner="halving")
    for value in values:
        if isinstance(value, str):
            trial = study.ask()
            assert trial is not None
            trial.fail(value)
        else:
            finish(study, abs(value), "pruned" if value < 0 else None)
    candidate: Any = FakeCandidate()
    return StudyOutcome.of(candidate, study)


def test_trials_are_those_with_values_and_failures_the_others(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, 0.1, 0.3, -0.2, "no memory")
    assert [trial.values[TAIL.name] for trial in outcome.trials] == [0.1, 0.3, 0.2]
    assert [trial.ended for trial in outcome.trials] == [None, None, "pruned"]
    assert [trial.ended for trial in outcome.failures] == ["failed: no memory"]
    own, best = outcome.as_it_is, outcome.best
    assert own is not None
    assert best is not None
    assert (own.number, own.overrides, own.params) == (0, [], {"model.x": 0.5, "model.y": "1"})
    assert best.number == 1
    assert outcome.settings(best) == shlex.join(["model=vae", *best.overrides])


def test_every_trial_is_a_line_of_the_table_and_every_candidate_one_of_the_other(
    tmp_path: Path,
) -> None:
    outcome = outcome_of(tmp_path, 0.1, "no memory", 0.3)
    table = trials_table([outcome], [Front.of(outcome)])
    assert table["number"].to_list() == [1, 2, 3]
    assert table["settings"].to_list()[0] == "as it is"
    assert table[TAIL.name].to_list()[::2] == [0.1, 0.3]
    assert table["ended"].to_list()[1] == "failed: no memory"
    assert table["front"].to_list() == [False, False, True]
    (row,) = outcomes_of([outcome]).to_dict("records")
    assert (row["trials"], row["failed"], row["as_it_is"], row["best"]) == (3, 1, 0.1, 0.3)


def test_a_study_of_failures_has_no_best(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, "no memory")
    assert outcome.best is None
    assert Front.of(outcome).settings == []
    assert following([outcome, outcome]) == []


def test_the_best_is_compared_with_the_candidate_as_it_is_unless_it_is_that(tmp_path: Path) -> None:
    ((*_, candidates),) = following([outcome_of(tmp_path, 0.1, 0.3)])
    assert candidates.startswith('candidates=["model=vae","model=vae model.x=')
    assert candidate_overrides("model=vae")[0] in candidates
    assert following([outcome_of(tmp_path, 0.3, 0.1)]) == []


@pytest.mark.parametrize("n", [0, 1])
def test_several_candidates_are_compared_at_their_best(tmp_path: Path, n: int) -> None:
    found = [outcome_of(tmp_path, 0.1, 0.3), outcome_of(tmp_path, 0.2)]
    ((*_, candidates),) = following(found)
    assert str(found[n].settings(found[n].best)) in candidates  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [(), ("no memory",), (0.1,), (0.1, "<script>", 0.3)])
def test_the_page_is_there_however_few_trials_have_ended(
    tmp_path: Path, values: tuple[float | str, ...]
) -> None:
    """As after Ctrl-C in the first trial."""
    facts = dict.fromkeys(("version", "command", "data", "digest", "monitor", "budget"), "a")
    outcome = outcome_of(tmp_path, *values)
    findings = Findings(outcome, Front.of(outcome))
    html = page([findings], {**facts, "goals": [TAIL.words], "seconds": False, "resamples": 2000})
    assert "<h2>vae</h2>" in html
    assert html.count("<tr><th>1") == (
        2 if 0.1 in values and 0.3 not in values else len(values) > 0
    )
    assert "<script>" not in html
    assert ("no trial has a value" in html) == (0.1 not in values)


def test_the_table_has_what_the_search_changed_and_no_more(tmp_path: Path) -> None:
    settings: Any = checked(composed(root="tune"), root=TuneSettings)
    drawn, own = outcome_of(tmp_path, 0.1, 0.3), outcome_of(tmp_path, 0.3, 0.1)
    table = outcome_table([drawn, own], settings)
    assert drawn.best is not None
    words = [str(cell) for cell in table.columns[-1].cells]
    assert words == [shlex.join(drawn.best.overrides), "as it is"]
