"""The course of a comparison over windows: sentences and charts."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest
from helpers.comparisons import small_comparison

from lrec.commands.compare.course import course_charts, course_sentences, kind_of
from lrec.evaluation.comparison.comparison import Comparison, first_ordered

NAN = math.nan
# Differences of vae and of gan to ease, and half the width of the interval of each, by window.
TAIL = {"vae": [(0.05, 0.01), (0.02, 0.03), (-0.01, 0.02)], "gan": [(-0.03, 0.01)] * 3}
HEAD = {"vae": [(0.0, 0.01), (0.02, 0.01), (0.03, 0.01)], "gan": [(0.01, NAN)] * 3}


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    parts = [f"window {window}" for window in range(3)]
    course = [
        {
            "part": part,
            "bucket": bucket,
            "model": model,
            "users": 40,
            "value": 0.2 + difference,
            "value_low": 0.1,
            "value_high": 0.3,
            "difference": difference,
            "low": difference - half,
            "high": difference + half,
        }
        for bucket, of_bucket in (("tail", TAIL), ("head", HEAD))
        for model, of_model in of_bucket.items()
        for part, (difference, half) in zip(parts, of_model, strict=True)
    ]
    rows = pd.DataFrame()
    return replace(small_comparison(), rows=rows, parts=parts, course=pd.DataFrame(course))


def test_windows_in_which_each_model_is_ahead_are_counted(comparison: Comparison) -> None:
    tail, head = course_sentences(comparison, {"tail": "n <= 2"})
    assert tail == (
        "Of 3 windows, for people with up to 2 items (in brackets: with the whole 95 % interval on "
        "that side of 0): vae is ahead of ease in 2 (1) and behind in 1 (0); gan is ahead in 0 (0) "
        "and behind in 3 (3)."
    )
    assert head.startswith("Of 3 windows, for the head (in brackets: ")
    assert head.endswith(
        ": vae is ahead of ease in 2 (2) and behind in 0 (0); gan is ahead in 3 (0) and behind in "
        "0 (0)."
    )
    errors = replace(comparison, directions={"ndcg_at_10": -1})
    assert "gan is ahead in 3 (3) and behind in 0 (0)" in course_sentences(errors, {})[0]


def test_a_chart_for_each_end_on_one_scale(comparison: Comparison) -> None:
    tail, head = course_charts(comparison)
    assert tail.name == "ndcg_10_tail_by_window"
    for chart in (tail, head):
        (drawing,) = chart.drawings
        assert drawing.count("<polyline") == 3
        assert drawing.count("stroke-dasharray") == 1  # the baseline, at 0
        for words in ("vae", "gan", "ease", "window, oldest first", ">0<", ">1<", ">2<"):
            assert words in drawing
    assert tail.drawings[0].count("<polygon") == 2
    assert head.drawings[0].count("<polygon") == 1  # gan has no interval there
    ticks = [
        [word for word in chart.drawings[0].split("text-anchor=")[1:] if word.startswith('"end"')]
        for chart in (tail, head)
    ]
    assert ticks[0] == ticks[1] != []


def test_folds_are_not_drawn_in_time(comparison: Comparison) -> None:
    folds = replace(comparison, parts=["fold 0", "fold 1", "fold 2"])
    assert course_charts(folds) == []
    assert course_sentences(folds, {})[0].startswith("Of 3 folds, for the tail (")
    assert kind_of(["fold 0", "split seed 1"]) == "part"
    once = replace(comparison, parts=[], course=None)
    assert course_sentences(once, {}) == course_charts(once) == []


def test_groups_without_an_order_are_not_its_ends(comparison: Comparison) -> None:
    assert comparison.order == first_ordered(comparison.bucketings) == ["tail", "head"]
    first = {"column": ["jp", "de"], **comparison.bucketings}
    assert first_ordered(first) == ["tail", "head"]
    assert first_ordered({"column": ["jp", "de"]}) == ["all"]
    names = [chart.name for chart in course_charts(replace(comparison, bucketings=first))]
    assert names == ["ndcg_10_tail_by_window", "ndcg_10_head_by_window"]
