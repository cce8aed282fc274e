"""The page of a comparison, and its verdicts in sentences."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrec.commands.compare.page import LABEL, apart, heat, page
from lrec.commands.compare.sentences import headline
from lrec.evaluation.comparison.comparison import Comparison

NAN = math.nan


def row(bucket: str, model: str, verdict: str, difference: float = NAN, **more: Any) -> Any:
    is_defined = not math.isnan(difference)
    return {
        "bucket": bucket,
        "model": model,
        "metric": "ndcg_at_10",
        "users": 50,
        "value": 0.2 + (difference if is_defined else 0),
        "seeds_low": 0.1,
        "seeds_high": 0.3,
        "baseline": 0.2,
        "difference": difference,
        "low": difference - 0.01,
        "high": difference + 0.01,
        "p": 0.01 if is_defined else NAN,
        "p_holm": 0.02 if is_defined else NAN,
        "effect_size": 0.25 if is_defined else NAN,
        "detectable": 0.03 if is_defined else NAN,
        "verdict": verdict,
        **more,
    }


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    rows = [
        row("all", "ease", "baseline"),
        row("all", "vae", "undecided", 0.005),
        row("all", "gan", "undecided", -0.005),
        row("tail", "ease", "baseline"),
        row("tail", "vae", "better", 0.05),
        row("tail", "gan", "worse", -0.02),
        row("head", "ease", "baseline", users=3),
        row("head", "vae", "too few users", users=3),
        row("head", "gan", "too few users", users=3),
    ]
    return Comparison(
        rows=pd.DataFrame(rows),
        served=None,
        baseline="ease",
        primary="ndcg_at_10",
        models=["ease", "vae", "gan"],
        bucketings={"activity": ["tail", "head"]},
        directions={"ndcg_at_10": 1},
        subsample=20,
    )


@given(st.lists(st.floats(0, 100), max_size=8))
def test_labels_do_not_overlap(heights: list[float]) -> None:
    moved = apart(heights)
    for low, high in pairwise(sorted(moved)):
        assert high - low >= LABEL - 0.02
    assert all(new >= old - 0.01 for new, old in zip(moved, heights, strict=True))


def test_the_verdict_in_sentences(comparison: Comparison) -> None:
    assert headline(comparison, {"tail": "n <= 2"}) == [
        "For the tail (n <= 2; 50 users), vae (+0.0500, +25 %; +0.0400 to +0.0600) is better than "
        "ease; gan (−0.0200, −10 %; −0.0300 to −0.0100) is worse than ease. The ndcg@10 of ease is "
        "0.2000.",
        "For the head (3 users) there is no verdict: they are too few.",
    ]


def test_colours_show_side_and_strength(comparison: Comparison) -> None:
    (cells,) = (line["cells"] for line in heat(comparison, "vae"))
    tail, head, overall = cells
    assert (tail["side"], tail["strength"], tail["sure"]) == ("good", 0.5, True)
    assert head["side"] == "none"
    assert (overall["side"], overall["sure"]) == ("good", False)


def test_a_page_names_what_is_undecided_or_missing(comparison: Comparison) -> None:
    facts = {
        "version": "0",
        "command": "lrec compare <&>",
        "data": "csv",
        "digest": "d",
        "split": {"split": "ratio"},
        "users": 50,
        "buckets": {},
        "seeds": [1],
        "resamples": 100,
        "baseline_named": True,
        "runs": {"vae": [{"id": "r", "seed": 1, "minutes": 1.0, "command": "lrec train"}]},
    }
    html = page(comparison, facts)
    assert html.count("too few users") == 4  # two rows of the plot, two of the table
    assert "nan" not in html.lower()
    assert "None" not in html
    assert "lrec compare &lt;&amp;&gt;" in html
    assert np.all([f">{model}<" in html for model in comparison.models])
