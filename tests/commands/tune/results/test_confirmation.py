"""Confirmation on the test part: what is trained, and its sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from helpers.fronts import HEAD, TAIL, front_of, users

from lrec.commands.tune.results.confirmation import confirmed, contenders, sentence
from lrec.evaluation.comparison.comparison import Comparison


@dataclass
class FakeOutcome:
    """An outcome of which overrides are looked at only."""

    trials: list[int]
    overrides: list[str] = field(default_factory=lambda: ["model=ease"])

    @property
    def candidate(self) -> FakeOutcome:
        return self


def comparison(**verdicts: tuple[str, float]) -> Comparison:
    rows = [
        {"bucket": bucket, "model": model, "metric": "ndcg_at_10", "users": 50, "value": 0.1,
         "baseline": 0.1, "difference": difference, "low": difference - 0.01,
         "high": difference + 0.01, "verdict": verdict}
        for bucket, (verdict, difference) in verdicts.items()
        for model in ("as it is", "winner")
    ]  # fmt: skip
    return Comparison(pd.DataFrame(rows), None, "as it is", "ndcg_at_10", ["as it is", "winner"],
                      {}, {"ndcg_at_10": 1}, 0)  # fmt: skip


def test_the_sentence_says_where_it_is_better_and_where_luck_is_left() -> None:
    found = comparison(all=("better", 0.02), tail=("undecided", 0.01), head=("worse", -0.02),
                       cold=("too few users", 0.1))  # fmt: skip
    assert sentence(found, "winner") == (
        "the winner is better than the candidate as it is for all users (+20 %, ndcg@10 +0.0200; "
        "95 %: +0.0100 to +0.0300) and worse than the candidate as it is for the head (−20 %, "
        "ndcg@10 −0.0200; 95 %: −0.0300 to −0.0100); for the tail luck cannot be excluded; the "
        "cold are too few for a verdict."
    )
    against = sentence(comparison(tail=("worse", -0.02)), "winner", "trial 6")
    assert "the winner is worse than trial 6 for the tail (−20 %" in against
    unclear = comparison(all=("undecided", 0.01), tail=("undecided", 0.02))
    assert sentence(unclear, "winner") == (
        "the winner is not shown to be better than the candidate as it is; for all users and the "
        "tail luck cannot be excluded."
    )
    few = comparison(all=("too few users", 0.01))
    assert (
        sentence(few, "winner") == "the winner has no verdict; all users are too few for a verdict."
    )


def test_the_winner_or_the_chosen_of_a_front_are_trained_with_the_candidate_as_it_is() -> None:
    outcome: Any = FakeOutcome([1])
    tables = {0: users(0.2, 0.3), 1: users(0.3, 0.2), 2: users(0.1, 0.4)}
    assert contenders(outcome, front_of(tables, (TAIL,))) == {
        "as it is": ["model=ease"],
        "winner": ["model=ease", "model.regularisation=20"],
    }
    assert list(contenders(outcome, front_of(tables, (TAIL, HEAD)))) == [
        "as it is", "trial 2", "trial 3"
    ]  # fmt: skip


def test_nothing_is_trained_where_the_candidate_as_it_is_won() -> None:
    outcome: Any = FakeOutcome([1])
    front = front_of({0: users(0.3, 0.3), 1: users(0.2, 0.2)}, (TAIL,))
    assert contenders(outcome, front) == {}
    (said,) = confirmed(outcome, [1, 2], {}).sentences
    assert said == "the winner is the candidate as it is: there is nothing to confirm."


def test_a_run_that_failed_is_said() -> None:
    outcome: Any = FakeOutcome([1])
    found = confirmed(outcome, [1, 2], {"as it is": ["a", "b"], "winner": ["c", None]})
    assert found.sentences == ["winner was not confirmed: a run of it failed."]
    assert found.chart is None
