"""Curves over revealed histories: the same users at every point, and what sums them up."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from lrec.base.errors import DataError
from lrec.commands.reveal.curves import ModelCurves, reveal_curves
from lrec.commands.reveal.page import page
from lrec.commands.reveal.sentences import lead_sentences

FACTS = {"users": 80, "train_users": 9, "min_users": 30, "resamples": 200, "version": "1"}
FACTS |= {"seeds": [1], "runs": {"late": {1: "id"}}, "addresses": {}, "meaning": "Gain."}
LENGTHS = [0, 1, 2, 5, 8]


def measured(
    name: str, values: np.ndarray, history: np.ndarray, competes: bool = True
) -> ModelCurves:
    """Values `(lengths,)` of every user with as many items, and some noise between users."""
    users = np.random.default_rng(len(name)).normal(0, 0.01, (len(history), 1))
    spread = np.where(history[:, None] >= np.array(LENGTHS), values + users, np.nan)
    covered = np.where(np.isnan(spread), np.nan, np.array(LENGTHS) > 0)
    return ModelCurves(name, spread, covered, values[-1] + users[:, 0], competes)


def test_every_curve_is_over_one_fixed_set_of_users() -> None:
    history = np.array([1] * 40 + [5] * 50 + [9] * 60)
    rising = measured("rising", np.array([0.1, 0.2, 0.3, 0.4, 0.5]), history)
    curves = reveal_curves([rising], history, LENGTHS, 30, 200)
    assert curves.cohorts == [5, 8]
    users = curves.points.groupby("cohort")["users"].unique()
    assert [list(users[cohort]) for cohort in (5, 8)] == [[110], [60]]
    long = curves.points[curves.points["cohort"] == 8]
    assert long["n"].tolist() == LENGTHS
    expected = rising.values[history >= 8].mean(axis=0)
    np.testing.assert_allclose(long["value"], expected)
    assert (long["low"] <= long["value"]).all()
    assert (long["value"] <= long["high"]).all()
    assert long["covered"].tolist() == [0, 1, 1, 1, 1]
    assert long["personalised"].tolist() == [False, True, True, True, True]


def test_the_best_model_changes_where_the_curves_cross() -> None:
    history = np.full(80, 8)
    early = measured("early", np.array([0.30, 0.31, 0.32, 0.33, 0.33]), history)
    late = measured("late", np.array([0.10, 0.20, 0.32, 0.50, 0.60]), history)
    oracle = measured("oracle", np.full(5, 0.9), history, competes=False)
    curves = reveal_curves([early, late, oracle], history, LENGTHS, 30, 500)
    rows = curves.winners[curves.winners["cohort"] == 8]
    assert rows["n"].tolist() == [1, 2, 5, 8]  # with no items a fallback answers for both
    assert rows["model"].tolist()[:1] == ["early"]
    assert rows["model"].tolist()[2:] == ["late", "late"]
    assert rows["decided"].tolist() == [True, False, True, True]
    summary = curves.summary[curves.summary["cohort"] == 8].set_index("model")
    assert summary.loc["early", "needed"] == 1  # .31 is more than nine tenths of .33
    assert summary.loc["late", "needed"] == 8
    assert summary.loc["late", "area"] > summary.loc["early", "area"]
    assert (summary["area_low"] <= summary["area"]).all()
    assert (summary["area"] <= summary["area_high"]).all()


def test_users_with_few_items_stand_beside_users_shown_few() -> None:
    history = np.array([1] * 40 + [2] * 3 + [6] * 50)
    model = measured("model", np.array([0.1, 0.2, 0.3, 0.4, 0.5]), history)
    rows = reveal_curves([model], history, LENGTHS, 30, 200).natural.set_index("n")
    assert rows["up_to"].to_dict() == {0: 0, 1: 1, 2: 4, 5: 7}
    assert rows["users"].to_dict() == {0: 0, 1: 40, 2: 3, 5: 50}
    assert rows["cut_users"].to_dict() == {0: 93, 1: 53, 2: 50, 5: 0}
    assert rows.loc[1, "value"] == pytest.approx(model.whole[:40].mean())
    assert rows.loc[1, "cut"] == pytest.approx(model.values[40:, 1].mean())
    assert np.isnan(rows.loc[2, "value"])  # three users are too few
    assert rows.loc[2, "cut"] == pytest.approx(model.values[43:, 2].mean())


def test_cohorts_of_the_same_users_are_one() -> None:
    history = np.full(40, 8)
    model = measured("model", np.array([0.1, 0.2, 0.3, 0.4, 0.5]), history)
    assert reveal_curves([model], history, LENGTHS, 30, 200).cohorts == [8]


def test_too_few_users_are_refused() -> None:
    history = np.array([1] * 100 + [8] * 20)
    model = measured("model", np.zeros(5), history)
    with pytest.raises(DataError, match="Received: 20 of 120 users"):
        reveal_curves([model], history, LENGTHS, 30, 200)


def test_the_answers_of_a_fallback_count_for_nothing() -> None:
    """A model whose fallback, popularity, is better than it is itself with few items."""
    history = np.full(80, 8)
    flat = measured("popularity", np.full(5, 0.50), history)
    flat = replace(flat, covered=np.ones_like(flat.covered))
    late = measured("late", np.array([0.50, 0.10, 0.20, 0.45, 0.54]), history)
    lost = measured("lost", np.array([0.50, 0.60, 0.20, 0.30, 0.40]), history)
    curves = reveal_curves([flat, late, lost], history, LENGTHS, 30, 200)
    summary = curves.summary.set_index("model")
    assert summary.loc["late", "needed"] == 8  # 0 by the fallback's value
    assert summary.loc["lost", "needed"] == np.inf  # .60 with one item did not last
    assert summary.loc["late", "leads"] == 8
    assert summary.loc["lost", "leads"] == np.inf
    assert np.isnan(summary.loc["popularity", "leads"])
    area = (0.15 + 3 * 0.325 + 3 * 0.495) / 7
    assert summary.loc["late", "area"] == pytest.approx(area, abs=0.005)
    late_words, lost_words = lead_sentences(curves, 8)
    assert late_words.startswith("late never beats popularity before n = 8 (95 %: 8 to 8).")
    assert lost_words.startswith("lost never beats popularity for good: not with 8 items")
    shown = page(curves, {"primary": "ndcg_at_10", "data": "", "digest": "", "command": ""} | FACTS)
    assert "late never beats popularity before n = 8" in shown
    assert len(re.findall(r">\(0\.(50|49)\d\d\)<", shown)) == 2  # the fallback's, in brackets
    chart = shown[shown.index("<figure>") : shown.index("</figure>")]
    assert chart.count("stroke-dasharray") == 2 * chart.count("<svg")  # and dashed
    assert "never never" not in shown.replace("-", " ")
