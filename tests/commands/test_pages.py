"""What pages and tables say: axes, labels, numbers and sentences."""

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
from lrec.reporting.formatting import distinguishing_words, metric_name, number, relative, signed
from lrec.reporting.page.axis import Axis, even_positions

NAN = math.nan
finite = st.floats(-1e6, 1e6).filter(lambda v: v == 0 or abs(v) > 1e-9)


@given(st.lists(finite, min_size=1, max_size=8), st.booleans())
def test_an_axis_has_room_for_everything_and_says_where(values: list[float], zero: bool) -> None:
    axis = Axis.over(values, zero=zero)
    for value in [*values, *([0.0] if zero else [])]:
        assert 0 <= axis.at(value) <= 100
    assert 1 <= len(axis.ticks) <= 11
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)
    labels = [axis.label(tick) for tick in axis.ticks]
    assert len(set(labels)) == len(labels)
    step = axis.ticks[1] - axis.ticks[0] if len(axis.ticks) > 1 else 1.0
    for label, tick in zip(labels, axis.ticks, strict=True):
        assert float(label.replace(",", "")) == pytest.approx(tick, abs=step / 100)


def test_an_axis_over_nothing_is_an_axis() -> None:
    assert Axis.over([None, NAN]).at(0) == 50
    assert Axis(0, 1, (0.0, 0.25, 0.5)).label(0.25) == "0.25"
    assert Axis(-0.1, 0.1, (-0.05, 0.0, 0.05)).label(-0.05) == "-0.05"
    assert Axis(0, 4000, (1000.0, 2000.0)).label(2000.0) == "2,000"


@given(st.lists(st.floats(0, 100), max_size=8))
def test_labels_do_not_lie_on_each_other(heights: list[float]) -> None:
    moved = apart(heights)
    for low, high in pairwise(sorted(moved)):
        assert high - low >= LABEL - 0.02
    assert all(new >= old - 0.01 for new, old in zip(moved, heights, strict=True))


def test_lengths_lie_evenly_from_edge_to_edge() -> None:
    assert even_positions(3) == [3, 50, 97]
    assert even_positions(1) == [3]


def test_numbers_as_people_read_them() -> None:
    assert [number(v) for v in (0.01234, 1.234, 1234.5, None)] == ["0.0123", "1.23", "1,234", "–"]
    assert [signed(v) for v in (0.5, -0.5, 0.0, None)] == ["+0.5000", "−0.5000", "0.0000", "–"]
    assert metric_name("item_coverage_sub_at_20") == "item coverage@20"
    assert relative({"difference": -0.1, "baseline": 0.4}) == "−25 %"
    assert relative({"difference": 0.1, "baseline": 0.0}) == ""
    assert relative({"difference": None, "baseline": 0.4}) == ""


def test_command_lines_are_told_apart() -> None:
    said = ["dataset=csv model=vae seed=1", "dataset=csv model=vae seed=2"]
    assert distinguishing_words(said) == ["seed=1", "seed=2"]
    assert distinguishing_words(said[:1]) == said[:1]
    assert distinguishing_words([]) == []


def row(bucket: str, model: str, verdict: str, difference: float = NAN, **more: Any) -> Any:
    known = not math.isnan(difference)
    return {
        "bucket": bucket,
        "model": model,
        "metric": "ndcg_at_10",
        "users": 50,
        "value": 0.2 + (difference if known else 0),
        "seeds_low": 0.1,
        "seeds_high": 0.3,
        "baseline": 0.2,
        "difference": difference,
        "low": difference - 0.01,
        "high": difference + 0.01,
        "p": 0.01 if known else NAN,
        "p_holm": 0.02 if known else NAN,
        "effect_size": 0.25 if known else NAN,
        "detectable": 0.03 if known else NAN,
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


def test_the_verdict_in_sentences(comparison: Comparison) -> None:
    assert headline(comparison, {"tail": "n <= 2"}) == [
        "For the tail (n <= 2; 50 users), vae (+0.0500, +25 %; +0.0400 to +0.0600) is better than "
        "ease; gan (−0.0200, −10 %; −0.0300 to −0.0100) is worse than ease. The ndcg@10 of ease is "
        "0.2000.",
        "For the head (3 users) there is no verdict: they are too few.",
    ]


def test_colours_say_which_way_and_how_much(comparison: Comparison) -> None:
    (cells,) = (line["cells"] for line in heat(comparison, "vae"))
    tail, head, everybody = cells
    assert (tail["side"], tail["strength"], tail["sure"]) == ("good", 0.5, True)
    assert head["side"] == "none"
    assert (everybody["side"], everybody["sure"]) == ("good", False)


def test_a_page_says_what_it_does_not_know(comparison: Comparison) -> None:
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
