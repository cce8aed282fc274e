"""Charts of a study: what is drawn, and where."""

from __future__ import annotations

import re
from dataclasses import replace

from helpers.fronts import HEAD, TAIL, front_of, trial, users

from lrec.commands.composing import Choice, Interval
from lrec.commands.tune.results import charts
from lrec.commands.tune.search_space import SearchSpace

SPACE = SearchSpace({"model.x": Interval(1.0, 100.0, True), "model.y": Choice([8, 16, 32])})


def test_the_history_shows_pruned_trials_apart() -> None:
    trials = [trial(0, **{TAIL.name: 0.1}), trial(1, **{TAIL.name: 0.3}),
              trial(2, "pruned", **{TAIL.name: 0.2}), trial(3, "failed: no memory")]  # fmt: skip
    drawing = charts.history_chart("a", trials, TAIL).drawings[0]
    assert drawing.count("<circle") == 3
    assert ">pruned<" in drawing
    assert ">as it is<" in drawing
    without = charts.history_chart("a", trials[:2], TAIL).drawings[0]
    assert ">pruned<" not in without


def test_the_front_has_names_and_the_other_trials_have_none() -> None:
    front = front_of({0: users(0.2, 0.3), 1: users(0.25, 0.27), 2: users(0.1, 0.1)})
    (chart,) = charts.front_charts("a", front)
    assert chart.drawings[0].count("trial ") == 1
    assert "as it is" in chart.drawings[0]
    assert "trial 3" not in chart.drawings[0]
    assert len(re.findall("<rect", chart.drawings[0])) == 1  # the candidate as it is


def test_magnitudes_lie_at_equal_distances_and_the_best_at_the_top() -> None:
    known = [trial(0, **{TAIL.name: 0.1}), trial(1, **{TAIL.name: 0.3})]
    known = [replace(known[0], params={"model.x": 10.0}),
             replace(known[1], params={"model.x": 100.0, "model.y": "16"})]  # fmt: skip
    chart = charts.parameters_chart("a", known, SPACE, [TAIL])
    assert chart is not None
    lines = re.findall(r'<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)" '
                       r'stroke="var\(--c0\)"', chart.drawings[0])  # fmt: skip
    (x1, y1, x2, y2), (_, _, _, y3) = [tuple(map(float, line)) for line in lines]
    assert x1 < x2
    assert (y1, y2, y3) == (44, 164, 44)  # 100 at the top, 16 in the middle, the best value
    dashed = re.findall("stroke-dasharray", chart.drawings[0])
    assert len(dashed) == 0  # as it is has no y: there is no piece without a gap


def test_nothing_is_drawn_of_no_space_or_a_single_trial() -> None:
    known = [trial(0, **{TAIL.name: 0.1}), trial(1, **{TAIL.name: 0.3})]
    assert charts.parameters_chart("a", known, SearchSpace({}), [TAIL]) is None
    assert charts.parameters_chart("a", known[:1], SPACE, [TAIL]) is None
    assert charts.parameters_chart("a", known, SPACE, [TAIL, HEAD]) is None
