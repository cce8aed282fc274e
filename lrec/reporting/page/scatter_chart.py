"""Charts of points: one value against another, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lrec.reporting.page import svg
from lrec.reporting.page.axis import Axis
from lrec.reporting.page.svg import Chart

HEIGHT = 240.0  # of the frame


@dataclass(frozen=True)
class Point:
    """A point with its name; one without a name stands there unlabelled.

    Attributes:
        x, y: low, value and high; three times the value without an interval.
        shape: see `svg.mark`.
    """

    name: str
    colour: str
    x: tuple[float, float, float]
    y: tuple[float, float, float]
    shape: str = "dot"


@dataclass(frozen=True)
class ScatterChart(Chart):
    """A chart with what it shows; see `scatter_chart`."""

    points: Sequence[Point]
    titles: tuple[str, str]
    zero: bool


def scatter_chart(
    name: str, title: str, points: Sequence[Point], titles: tuple[str, str], zero: bool
) -> ScatterChart:
    """A chart of points.

    Args:
        titles: of the axis across, and of the one up.
        zero: True if 0 has to lie on both axes.
    """
    chart = svg.chart(name, title, svg.SMALL, lambda width: _draw(width, points, titles, zero))
    return ScatterChart(chart.name, title, chart.drawings, points, titles, zero)


def _draw(
    width: int, points: Sequence[Point], titles: tuple[str, str], zero: bool
) -> tuple[int, list[str]]:
    up = Axis.over([v for point in points for v in point.y], zero=zero)
    heights = [up.label(tick) for tick in up.ticks]
    left, right = 8 + max(map(svg.width_of, heights)), width - 8.0
    across = Axis.over([v for point in points for v in point.x], ticks=4, zero=zero)
    top, bottom = 26.0, 26.0 + HEIGHT

    def x_at(value: float) -> float:
        return left + (right - left) * across.at(value) / 100

    def y_at(value: float) -> float:
        return bottom - HEIGHT * up.at(value) / 100

    parts = [svg.text(0, 12, titles[1], "--soft")]
    for tick, label in zip(up.ticks, heights, strict=True):
        colour = "--soft" if zero and tick == 0 else "--line"
        parts.append(svg.line(left, y_at(tick), right, y_at(tick), colour))
        parts.append(svg.text(left - 5, y_at(tick) + 4, label, "--soft", text_anchor="end"))
    for tick in across.ticks:
        colour = "--soft" if zero and tick == 0 else "--line"
        place = {"text_anchor": "middle"}
        parts.append(svg.line(x_at(tick), top, x_at(tick), bottom, colour))
        parts.append(svg.text(x_at(tick), bottom + 16, across.label(tick), "--soft", **place))
    middle = (left + right) / 2
    parts.append(svg.text(middle, bottom + 34, titles[0], "--soft", text_anchor="middle"))
    words = []  # above all points
    named = [point for point in points if point.name]
    places = svg.apart([y_at(point.y[1]) - top for point in named], HEIGHT)
    labels = {id(point): place for point, place in zip(named, places, strict=True)}
    for point in points:
        x, y = x_at(point.x[1]), y_at(point.y[1])
        thin = {"stroke_width": 2, "opacity": 0.55}
        parts.append(svg.line(x_at(point.x[0]), y, x_at(point.x[2]), y, point.colour, **thin))
        parts.append(svg.line(x, y_at(point.y[0]), x, y_at(point.y[2]), point.colour, **thin))
        parts.append(svg.mark(x, y, point.colour, point.shape))
        if not point.name:
            continue
        height = labels[id(point)]
        before = x > (left + right) / 2
        side, anchor = (-10, "end") if before else (10, "start")
        room = (x - left if before else right - x) - 10
        if abs(top + height - y) > 6:
            parts.append(svg.line(x, y, x + side, top + height, point.colour))
        label = svg.shortened(point.name, room)
        words.append(
            svg.text(
                x + side,
                top + height + 4,
                label,
                text_anchor=anchor,
                paint_order="stroke",
                stroke="var(--paper)",
                stroke_width=3,
            )
        )
    return round(bottom + 42), parts + words
