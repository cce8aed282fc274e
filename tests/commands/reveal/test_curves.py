"""Curves over revealed histories: the same users at every point, and what sums them up."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.commands.reveal.curves import ModelCurves, area, needed, reveal_curves

LENGTHS = [0, 1, 2, 5, 8]


def measured(
    name: str, values: np.ndarray, history: np.ndarray, competes: bool = True
) -> ModelCurves:
    """Values `(lengths,)` of every user with as many items, and some noise between users."""
    users = np.random.default_rng(len(name)).normal(0, 0.01, (len(history), 1))
    spread = np.where(history[:, None] >= np.array(LENGTHS), values + users, np.nan)
    covered = np.where(np.isnan(spread), np.nan, np.array(LENGTHS) > 0)
    return ModelCurves(name, spread, covered, values[-1] + users[:, 0], competes)


def test_needed_items_and_area_in_plain_python() -> None:
    shown = np.array([0, 1, 2, 5, 8, 16])
    curve = np.array([0.1, 0.2, 0.3, 0.37, 0.38, 0.4])
    best = max(curve)
    fewest = next(n for n, value in zip(shown, curve, strict=True) if value >= 0.9 * best)
    assert needed(curve, shown) == fewest == 5
    widths = [(0, 1), (1, 2), (2, 5), (5, 8)]
    at = dict(zip(shown.tolist(), curve.tolist(), strict=True))
    total = sum((b - a) * (at[a] + at[b]) / 2 for a, b in widths)
    assert area(curve, shown) == pytest.approx(total / 8)
    both = np.stack([curve, curve[::-1]])
    assert needed(both, shown).tolist() == [5, 0]


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


def test_the_best_model_changes_where_the_curves_cross() -> None:
    history = np.full(80, 8)
    early = measured("early", np.array([0.30, 0.31, 0.32, 0.33, 0.33]), history)
    late = measured("late", np.array([0.10, 0.20, 0.32, 0.50, 0.60]), history)
    oracle = measured("oracle", np.full(5, 0.9), history, competes=False)
    curves = reveal_curves([early, late, oracle], history, LENGTHS, 30, 500)
    rows = curves.winners[curves.winners["cohort"] == 8]
    assert rows["model"].tolist()[:2] == ["early", "early"]
    assert rows["model"].tolist()[3:] == ["late", "late"]
    assert rows["decided"].tolist() == [True, True, False, True, True]
    summary = curves.summary[curves.summary["cohort"] == 8].set_index("model")
    assert summary.loc["early", "needed"] == 0  # .30 is more than nine tenths of .33
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
    with pytest.raises(ValueError, match="Received: 20 of 120 users"):
        reveal_curves([model], history, LENGTHS, 30, 200)
