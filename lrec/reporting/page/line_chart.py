"""Charts of lines: a value along steps, with its interval as a band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from lrec.reporting.page import svg
from lrec.reporting.page.axis import Axis
from lrec.reporting.page.svg import Chart

MARGIN = 8.0  # between the frame and the first and last step
HEIGHT = 240.0  # of the frame


@dataclass(frozen=True)
class Line:
    """A line; None or NaN where it has no value.

    Attributes:
        low, high: of its band; empty without one.
        dashed: True for what a reader compares with.
        dashed_until: index of the value up to which another one's answers stand for it, dashed.
        dots: True for values that no line joins.
    """

    name: str
    colour: str
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    dashed: bool = False
    dashed_until: int = 0
    dots: bool = False

    @property
    def is_drawn(self) -> bool:
        """True if it has a value."""
        return any(map(_is_number, self.values))


@dataclass(frozen=True)
class LineChart(Chart):
    """A chart with what it shows; see `line_chart`."""

    lines: Sequence[Line]
    steps: Sequence[str]
    titles: tuple[str, str]


def line_chart(
    name: str,
    title: str,
    lines: Sequence[Line],
    steps: Sequence[str],
    titles: tuple[str, str],
    values: Sequence[float | None] = (),
    full: bool = True,
    zero: bool = True,
) -> LineChart:
    """A chart of lines over evenly spaced steps.

    Args:
        steps: labels; some are left out where there is no room for all.
        titles: of the axis across, and of the one up.
        values: further ones that the axis up has room for, so that charts share one.
        full: True if it takes a row of the page, False if it stands beside others.
        zero: True if 0 has to lie on the axis up.
    """
    every = [v for one in lines for part in (one.values, one.low, one.high) for v in part]
    axis = Axis.over([*every, *values], zero=zero)
    widths = svg.FULL if full else svg.SMALL
    chart = svg.chart(name, title, widths, lambda width: _draw(width, lines, steps, titles, axis))
    return LineChart(chart.name, title, chart.drawings, lines, steps, titles)


def _draw(
    width: int, lines: Sequence[Line], steps: Sequence[str], titles: tuple[str, str], axis: Axis
) -> tuple[int, list[str]]:
    across, up = titles
    labels = [axis.label(tick) for tick in axis.ticks]
    left = 8 + max(map(svg.width_of, labels))
    names = max((svg.width_of(one.name) for one in lines), default=0)
    right = width - min(names, width / 4) - 16
    top, bottom = 26.0, 26.0 + HEIGHT
    step = (right - left - 2 * MARGIN) / max(len(steps) - 1, 1)
    xs = [left + MARGIN + index * step for index in range(len(steps))]

    def at(value: float) -> float:
        return bottom - HEIGHT * axis.at(value) / 100

    parts = [svg.text(0, 12, up, "--soft")]
    for tick, label in zip(axis.ticks, labels, strict=True):
        colour = "--soft" if tick == 0 else "--line"
        parts.append(svg.line(left, at(tick), right, at(tick), colour))
        parts.append(svg.text(left - 5, at(tick) + 4, label, "--soft", text_anchor="end"))
    room = max(map(svg.width_of, steps), default=0) + 8
    for index in range(0, len(steps), max(1, math.ceil(room / step)) if len(steps) > 1 else 1):
        place = {"text_anchor": "middle"}
        parts.append(svg.text(xs[index], bottom + 16, steps[index], "--soft", **place))
    parts.append(svg.text((left + right) / 2, bottom + 34, across, "--soft", text_anchor="middle"))
    drawn = [one for one in lines if one.is_drawn]
    for one in drawn:
        band = [
            (x, low, high)
            for x, low, high in zip(xs, one.low, one.high, strict=False)
            if _is_number(low) and _is_number(high)
        ]
        outline = [(x, at(h)) for x, _, h in band] + [(x, at(low)) for x, low, _ in reversed(band)]
        if outline:
            paint = f"var({one.colour})"
            parts.append(svg.element("polygon", points=_points(outline), fill=paint, opacity=0.12))
    ends = []
    for one in drawn:
        course = [(x, at(v)) for x, v in zip(xs, one.values, strict=True) if _is_number(v)]
        ends.append(course[-1])
        if one.dots:
            parts += [svg.mark(x, y, one.colour, "ring") for x, y in course]
            continue
        first = sum(map(_is_number, one.values[: one.dashed_until]))
        if first:
            parts.append(_stroke(course[: first + 1], one.colour, dashed=True))
        parts.append(_stroke(course[first:], one.colour, one.dashed))
        if len(course[first:]) == 1:
            parts.append(svg.mark(*course[first], one.colour))
    heights = svg.apart([y - top for _, y in ends], HEIGHT)
    for one, (x, y), height in zip(drawn, ends, heights, strict=True):
        label = svg.shortened(one.name, width - right - 14)
        if abs(top + height - y) > 4 or x < right - MARGIN - 1:
            parts.append(svg.line(x + 2, y, right + 12, top + height, "--line"))
        parts.append(svg.text(right + 14, top + height + 4, label, one.colour))
    return round(bottom + 42), parts


def _stroke(course: Sequence[tuple[float, float]], colour: str, dashed: bool) -> str:
    style = {"stroke_dasharray": "5 4"} if dashed else {}
    paint = f"var({colour})"
    points = _points(course)
    return svg.element(
        "polyline", points=points, fill="none", stroke=paint, stroke_width=2, **style
    )


def _points(course: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in course)


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)
