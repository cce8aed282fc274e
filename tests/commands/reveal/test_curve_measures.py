"""Measures of a curve, in plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.commands.reveal.curve_measures import area, lasting, leads_from, needed

SHOWN = np.array([0, 1, 2, 5, 8, 16])


def test_needed_items_hold_from_there_on() -> None:
    def plainly(curve: np.ndarray) -> float:
        near = [value >= 0.9 * max(curve) for value in curve]
        return next((n for i, n in enumerate(SHOWN) if all(near[i:])), np.inf)

    rising = np.array([0.1, 0.2, 0.3, 0.37, 0.38, 0.4])
    dipping = np.array([0.39, 0.2, 0.3, 0.37, 0.38, 0.4])
    curves = np.stack([rising, dipping, rising[::-1], np.ones(6)])
    assert needed(curves, SHOWN).tolist() == [plainly(curve) for curve in curves]
    assert needed(curves, SHOWN).tolist() == [5, 5, np.inf, 0]


def test_a_lead_is_for_good() -> None:
    others = np.full(6, 0.3)
    curves = np.array([[0.4, 0.2, 0.4, 0.4, 0.3, 0.5], [0.4, 0.4, 0.4, 0.4, 0.4, 0.2]])
    assert leads_from(curves, others, SHOWN).tolist() == [16, np.inf]
    assert lasting(np.ones((0, 6), bool), SHOWN).tolist() == []


def test_the_area_begins_at_one_item() -> None:
    curve = np.array([0.9, 0.2, 0.3, 0.37, 0.38, 0.4])
    at = dict(zip(SHOWN.tolist(), curve.tolist(), strict=True))
    total = sum((b - a) * (at[a] + at[b]) / 2 for a, b in [(1, 2), (2, 5), (5, 8)])
    assert area(curve, SHOWN) == pytest.approx(total / 7)
    assert area(curve[:2], SHOWN[:2]) == pytest.approx(0.2)
    assert np.isnan(area(curve[:1], SHOWN[:1]))
