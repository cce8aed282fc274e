"""A comparison in sentences: the three verdicts apart, in words that need no statistics."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from lrec.commands.compare.sentences import headline
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.lead import Lead

EDGES = {"tail": "n <= 2"}


def comparison(
    *verdicts: tuple[str, str, float],
    baseline: str = "popularity",
    primary: str = "ndcg_at_10",
    direction: int = 1,
    value: float = 0.2,
    users: int = 50,
    lead: Lead | None = None,
) -> Comparison:
    """Models against a baseline, for one bucket: name, verdict and difference of each."""
    rows: list[dict[str, Any]] = []
    for model, verdict, difference in ((baseline, "baseline", math.nan), *verdicts):
        numbers = {"low": difference - 0.01, "high": difference + 0.01, "detectable": 0.03}
        rows.append(
            {
                "bucket": "tail",
                "model": model,
                "metric": primary,
                "users": users,
                "value": value,
                "baseline": value,
                "difference": difference,
                "verdict": verdict,
                **numbers,
            }
        )
    return Comparison(
        rows=pd.DataFrame(rows),
        served=None,
        baseline=baseline,
        primary=primary,
        models=[row["model"] for row in rows],
        bucketings={"activity": ["tail"]},
        directions={primary: direction},
        subsample=20,
        leads={} if lead is None else {"tail": lead},
    )


def sentence(some: Comparison, best_simple: bool = True) -> str:
    """The only sentence on it, without its beginning."""
    (only,) = headline(some, EDGES, best_simple)
    start = "For people with up to 2 items (50 in the test), "
    assert only.startswith(start)
    return only.removeprefix(start)


def test_nothing_shown_says_how_large_a_difference_would_have_been() -> None:
    some = comparison(("vae", "undecided", 0.002), ("gan", "undecided", -0.001))
    assert sentence(some) == (
        "no model was shown to be better than popularity, the simple model that was best on "
        "validation; the largest difference is +0.0020 (−0.0080 to +0.0120, of vae), where "
        "one of 0.0300 would probably have shown."
    )


def test_a_better_model_finds_more() -> None:
    assert sentence(comparison(("attention", "better", 0.024))) == (
        "attention finds 12 % more than popularity, the simple model that was best on "
        "validation (+0.0240; 95 %: +0.0140 "
        "to +0.0340)."
    )


def test_a_worse_model_finds_less() -> None:
    assert sentence(comparison(("attention", "worse", -0.016), baseline="ease"), False) == (
        "no model was shown to be better than ease; attention finds 8 % less (−0.0160; 95 %: "
        "−0.0260 to −0.0060)."
    )


def test_three_verdicts_stay_apart_and_the_best_comes_first() -> None:
    some = comparison(
        ("gan", "worse", -0.02),
        ("dae", "better", 0.02),
        ("ials", "undecided", 0.001),
        ("vae", "better", 0.05),
    )
    clauses = sentence(some).split("; ")
    assert clauses[0].startswith(
        "vae finds 25 % more than popularity, the simple model that was best on validation ("
    )
    assert " and dae 10 % more (+0.0200" in sentence(some)
    assert "gan finds 10 % less (−0.0200" in sentence(some)
    assert clauses[-1].startswith("for ials no difference was shown, the difference is +0.0010 (")


def test_other_metrics_and_directions_have_their_own_words() -> None:
    errors = comparison(("vae", "better", -0.05), primary="rmse", direction=-1, value=1.0)
    assert sentence(errors).startswith("vae has a rmse that is 5 % lower than popularity, ")
    nothing = comparison(("vae", "better", 0.05), value=0.0)
    assert sentence(nothing).startswith("vae finds more than popularity, ")
    small = comparison(("vae", "better", 0.0001))
    assert sentence(small).startswith("vae finds under 1 % more than popularity, ")


@pytest.mark.parametrize("best_simple", [True, False])
def test_too_few_people_get_no_verdict(best_simple: bool) -> None:
    some = comparison(("vae", "too few users", math.nan), users=3)
    assert headline(some, EDGES, best_simple) == [
        "For people with up to 2 items (3 in the test) there is no verdict: they are too few."
    ]


def test_the_model_that_serves_best_is_named_before_the_baseline_of_validation() -> None:
    """A simple model that beats the baseline is no contradiction: validation chose the baseline."""
    lead = Lead("popularity", "vae", 0.05, 0.03, 0.07, shown=True)
    some = comparison(
        ("popularity", "better", 0.146), ("vae", "worse", -0.02), baseline="ease", lead=lead
    )
    assert sentence(some).startswith(
        "popularity serves best: it finds 73 % more than ease, the simple model that was best on "
        "validation (+0.1460; 95 %: +0.1360 to +0.1560); vae finds 10 % less"
    )


def test_two_best_models_that_are_not_told_apart_are_open() -> None:
    lead = Lead("vae", "dae", 0.001, -0.004, 0.006, shown=False)
    some = comparison(("vae", "better", 0.051), ("dae", "better", 0.05), lead=lead)
    assert sentence(some).startswith(
        "it is open whether vae or dae serves best (vae differs by +0.0010; 95 %: −0.0040 to "
        "+0.0060): vae finds 25 % more than popularity, the simple model that was best on "
    )


def test_a_baseline_that_all_others_are_worse_than_serves_best() -> None:
    lead = Lead("popularity", "vae", 0.02, 0.01, 0.03, shown=True)
    assert sentence(comparison(("vae", "worse", -0.02), lead=lead)).startswith(
        "popularity serves best: no model was shown to be better than popularity, the simple "
    )


def test_the_difference_of_two_models_is_told_once() -> None:
    lead = Lead("vae", "popularity", 0.002, -0.008, 0.012, shown=False)
    said = sentence(comparison(("vae", "undecided", 0.002), lead=lead))
    assert said.startswith("it is open whether vae or popularity serves best: no model was shown ")
    assert said.count("+0.0020") == 1


def test_groups_without_an_order_have_no_least_active_users() -> None:
    some = comparison(("vae", "better", 0.024))
    everybody = replace(
        some, rows=some.rows.assign(bucket="all"), bucketings={"column": ["plan_free", "plan_paid"]}
    )
    (only,) = headline(everybody, {"plan_free": "plan is free"})
    assert only.startswith("For everybody (50 in the test), vae finds 12 % more than popularity")
    activity = replace(some, bucketings={"column": ["plan_free"], "activity": ["tail"]})
    assert sentence(activity).startswith("vae finds")
