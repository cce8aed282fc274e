"""Parallel coordinates: an axis for each quantity, and a line across all of them for each case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lrec.reporting.page import svg
from lrec.reporting.page.svg import Chart

HEIGHT = 240.0  # of the axes
TOP = 44.0  # above them: titles, in two lines by turns
SIDE = 40.0  # left of the first axis, and right of the last


@dataclass(frozen=True)
class Scale:
    """One axis.

    Attributes:
        title: above it.
        labels: words along it, each with its place from 0, at the bottom, to 1.
    """

    title: str
    labels: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Course:
    """One line.

    Attributes:
        positions: on each axis, from 0 to 1; None where it has no value, and the line has a gap.
        strong: True for a thick line; the others are thin and pale.
        dashed: True for what a reader compares with.
        name: at its end; empty without one.
    """

    positions: Sequence[float | None]
    colour: str
    strong: bool = False
    dashed: bool = False
    name: str = ""


def parallel_chart(
    name: str, title: str, scales: Sequence[Scale], courses: Sequence[Course]
) -> Chart:
    """A chart of parallel coordinates; strong lines lie above the others.

    Args:
        scales: two at least.
    """
    return svg.chart(name, title, svg.FULL, lambda width: _draw(width, scales, courses))


def _draw(width: int, scales: Sequence[Scale], courses: Sequence[Course]) -> tuple[int, list[str]]:
    names = max((svg.width_of(one.name) for one in courses), default=0)
    right = width - max(SIDE, min(names + 12, width / 4))
    step = (right - SIDE) / (len(scales) - 1)
    xs = [SIDE + index * step for index in range(len(scales))]
    bottom = TOP + HEIGHT

    def at(place: float) -> float:
        return bottom - HEIGHT * place

    parts = []
    for course in sorted(courses, key=lambda one: (one.strong, one.dashed)):
        style: dict[str, object] = {"stroke_width": 2.5 if course.strong else 1}
        if course.dashed:
            style["stroke_dasharray"] = "5 4"
        if not course.strong:
            style["opacity"] = 0.5
        for (x, place), (x_next, place_next) in _pieces(xs, course.positions):
            parts.append(svg.line(x, at(place), x_next, at(place_next), course.colour, **style))
    for index, (scale, x) in enumerate(zip(scales, xs, strict=True)):
        parts.append(svg.line(x, TOP, x, bottom, "--soft"))
        anchor, left = ("start", 0.0) if index == 0 else ("middle", x)
        line = 12 if index % 2 == 0 else 28
        parts.append(
            svg.text(left, line, svg.shortened(scale.title, 2 * step - 8), text_anchor=anchor)
        )
        for height, words in scale.labels:
            label = svg.shortened(words, max(step - 10, SIDE))
            parts.append(_halo(x - 4, at(height) + 4, label, "--soft", "end"))
    ends = [c for c in courses if c.name and c.positions[-1] is not None]
    heights = svg.apart([HEIGHT * (1 - float(c.positions[-1] or 0)) for c in ends], HEIGHT)
    for course, height in zip(ends, heights, strict=True):
        label = svg.shortened(course.name, width - right - 8)
        parts.append(_halo(right + 8, TOP + height + 4, label, course.colour, "start"))
    return round(bottom + 12), parts


def _pieces(
    xs: Sequence[float], positions: Sequence[float | None]
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The pieces of a line between neighbouring axes that it has a place on."""
    for (x, place), (x_next, place_next) in pairwise(zip(xs, positions, strict=True)):
        if place is not None and place_next is not None:
            yield (x, place), (x_next, place_next)


def _halo(x: float, y: float, words: str, colour: str, anchor: str) -> str:
    """Words that stay readable on lines."""
    edge = {"paint_order": "stroke", "stroke": "var(--paper)", "stroke_width": 3}
    return svg.text(x, y, words, colour, text_anchor=anchor, **edge)
