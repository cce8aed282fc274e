"""Axes: room for all values, distinct labels, even positions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrec.reporting.page.axis import Axis

NAN = math.nan


finite = st.floats(-1e6, 1e6).filter(lambda v: v == 0 or abs(v) > 1e-9)


@given(st.lists(finite, min_size=1, max_size=8), st.booleans())
def test_an_axis_has_room_for_all_values_and_labels_its_ticks(
    values: list[float], zero: bool
) -> None:
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
