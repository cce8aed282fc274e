"""A simulation in words, on screen and on its page: against popularity and random exposure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.simulation import ACTIVE, ROUNDS, SHOWN, START, popular, random_items

from lrec.commands.simulate.environment import GroundTruthEnvironment
from lrec.commands.simulate.page import page
from lrec.commands.simulate.results import SimulationResults, summarise_rollouts, tabulate
from lrec.commands.simulate.rollout import roll_out
from lrec.commands.simulate.sentences import sentence, sentences
from lrec.commands.simulate.table import results_table
from lrec.data.queries import Split
from lrec.evaluation.bucket import ALL
from lrec.reporting.terminal import Screen

FACTS: dict[str, Any] = {
    "control": "random",
    "models": ["weak"],
    "active": ACTIVE,
    "rounds": ROUNDS,
    "shown": SHOWN,
    "start": START,
    "retrain": False,
    "users": 100,
    "train_users": 200,
    "resamples": 200,
    "simulation_seed": 0,
    "answers": "ground truth",
    "buckets": {},
    "version": "1",
    "data": "synthetic",
    "digest": "d1",
    "seeds": [1],
    "command": "lrec simulate",
    "runs": {"weak": {1: "run"}},
    "addresses": {},
}


@pytest.fixture(scope="module")
def results(generated: Split) -> SimulationResults:
    """A candidate that shows random items, beside the two controls that nobody named."""
    environment = GroundTruthEnvironment(generated, START, 0)
    policies = {
        "weak": random_items(generated, 5),
        "popularity": popular(generated),
        "random": random_items(generated),
    }
    everybody = np.arange(len(generated.test))
    groups = {ALL: everybody, "tail": everybody[:50], "head": everybody[50:]}
    evaluated = [
        summarise_rollouts(n, [roll_out(environment, p, ROUNDS)], environment, groups, ACTIVE)
        for n, p in policies.items()
    ]
    return tabulate(evaluated, environment, groups, ACTIVE, "random", 200)


def test_differences_are_taken_to_popularity_and_to_random_exposure(
    results: SimulationResults,
) -> None:
    rows = {row["model"]: row for row in results.records("summary") if row["bucket"] == ALL}
    for control, suffix in (("popularity", "_popularity"), ("random", "")):
        expected = rows["weak"]["activated"] - rows[control]["activated"]
        assert rows["weak"][f"difference{suffix}"] == pytest.approx(expected)
        assert rows[control][f"difference{suffix}"] is None
    assert rows["weak"]["high_popularity"] < 0 < rows["popularity"]["low"]


def test_the_first_sentence_is_on_the_tail_and_names_both_controls(
    results: SimulationResults,
) -> None:
    """Popularity is far ahead of the candidate, which the first words have to say."""
    said = sentences(results, FACTS)
    assert list(said) == ["tail", "head", ALL]
    for words in said.values():
        assert words.startswith("popularity makes ")
        assert ", random exposure " in words
        assert "; below popularity: weak " in words
        assert "Not surely above random: weak." in words
    shown = page(results, FACTS)
    assert shown.index(said["tail"]) < shown.index(said[ALL]) < shown.index("<section>")


def test_the_table_holds_both_differences(
    results: SimulationResults, capsys: pytest.CaptureFixture
) -> None:
    Screen().print(results_table(results, FACTS))
    out = capsys.readouterr().out
    assert "to popularity and random" in " ".join(out.split())
    assert "- popularity" in out
    assert "- random" in out


def test_models_above_and_undecided_are_told_apart() -> None:
    def row(model: str, share: float, low: float | None, high: float | None) -> dict[str, Any]:
        return {
            "model": model,
            "activated": share,
            "attainable": 0.9,
            "low": share - 0.1,
            "low_popularity": low,
            "high_popularity": high,
            "difference_popularity": None if low is None else share - 0.5,
        }

    rows = [
        row("good", 0.6, 0.05, 0.15),
        row("unsure", 0.48, -0.05, 0.01),
        row("popularity", 0.5, None, None),
        row("random", 0.2, -0.4, -0.2) | {"low": None},
    ]
    facts = FACTS | {"models": ["good", "unsure", "popularity"]}
    assert sentence(rows, facts) == (
        "popularity makes 50.0% active in 6 rounds, random exposure 20.0%; above popularity: "
        "good 60.0% (+10.0 points; +5.0 to +15.0); not surely above or below popularity: "
        "unsure 48.0% (−2.0 points; −5.0 to +1.0). At most 90.0% could be."
    )
    assert sentence([r | {"attainable": 0} for r in rows], facts).startswith("nobody has enough")
