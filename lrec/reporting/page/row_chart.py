"""Charts of rows in groups: values with their intervals, or shares of a whole."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate

from lrec.reporting.page import svg
from lrec.reporting.page.axis import Axis
from lrec.reporting.page.svg import Chart

LINE = 22  # height of a row, and of a line of words
NAMES = 150  # width of the names on a wide screen
SHARES = Axis(0, 1, (0.0, 0.25, 0.5, 0.75, 1.0))
WIDE = 500  # from this width on, words stand beside a row and not above it


@dataclass(frozen=True)
class Row:
    """A row.

    Attributes:
        name, words: to its left and to its right.
        value, low, high: the point and its interval; None where there is none.
        shares: instead of a point, shares of a whole, each with its colour.
        colour: of the point.
        shape: of the point, see `svg.mark`.
    """

    name: str
    words: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    shares: Sequence[tuple[float, str]] = ()
    colour: str = "--c0"
    shape: str = "dot"


@dataclass(frozen=True)
class Group:
    """Rows under a title.

    Attributes:
        note: beside the title.
        reference: a value that its rows are seen against, or None.
    """

    title: str
    note: str
    rows: Sequence[Row]
    reference: float | None = None


@dataclass(frozen=True)
class RowChart(Chart):
    """A chart with what it shows; see `row_chart`."""

    groups: Sequence[Group]
    across: str
    zero: bool


def row_chart(name: str, title: str, groups: Sequence[Group], across: str, zero: bool) -> RowChart:
    """A chart of groups of rows on one axis.

    Args:
        across: title of the axis.
        zero: True if 0 has to lie on the axis.
    """
    chart = svg.chart(name, title, svg.FULL, lambda width: _draw(width, groups, across, zero))
    return RowChart(chart.name, title, chart.drawings, groups, across, zero)


def _draw(width: int, groups: Sequence[Group], across: str, zero: bool) -> tuple[int, list[str]]:
    rows = [row for group in groups for row in group.rows]
    wide = width >= WIDE
    words = max((svg.width_of(row.words) for row in rows), default=0) if wide else 0
    left, right = (NAMES if wide else 16, width - 22 - words)
    values = [v for row in rows for v in (row.low, row.value, row.high)]
    share = any(row.shares for row in rows)
    ticks = max(3, int((right - left) / 60))
    axis = SHARES if share else Axis.over(values, ticks=ticks, zero=zero)

    def at(value: float) -> float:
        return left + (right - left) * axis.at(value) / 100

    above = 0 if wide else _lines_above(rows, width)
    parts, y = [], 0.0
    for group in groups:
        headings = _headings(group, width)
        parts += [
            svg.element("text", *h, x=0, y=y + LINE - 6 + 16 * i, fill="var(--ink)")
            for i, h in enumerate(headings)
        ]
        y += LINE + 16 * (len(headings) - 1)
        grid, body = [], []
        for row in group.rows:
            top = y
            y += LINE if wide else 26 + 16 * above
            middle = y - (LINE / 2 if wide else 15)
            top = top if wide else middle - 9
            grid += [svg.line(at(t), top, at(t), y, "--line") for t in axis.ticks]
            if group.reference is not None:
                x = at(group.reference)
                grid.append(svg.line(x, top, x, y, "--soft", stroke_dasharray="3 3"))
            body += _words(row, width, right + 22, middle, above)
            if row.shares:
                body += _bars(row, left, right, middle)
            elif row.value is not None:
                body += _point(row, at, middle)
        parts += grid + body
        y += 6
    parts += [
        svg.text(
            at(t),
            y + 12,
            f"{100 * t:.0f} %" if share else axis.label(t),
            "--soft",
            text_anchor="middle",
        )
        for t in axis.ticks
    ]
    parts.append(svg.text((left + right) / 2, y + 30, across, "--soft", text_anchor="middle"))
    return round(y + 38), parts


def _headings(group: Group, width: int) -> list[tuple[str, ...]]:
    """A group's title with its note: beside it, or below where there is no room for all of it."""
    title = svg.element("tspan", escape(group.title), font_weight="bold")
    fits = svg.width_of(f"{group.title}  {group.note}") <= width
    room = max(int(width / svg.CHARACTER), 1)
    lines = [f"  {group.note}"] if fits else textwrap.wrap(group.note, room)
    notes = [svg.element("tspan", escape(words), fill="var(--soft)") for words in lines]
    return [(title, *notes)] if fits else [(title,), *((note,) for note in notes)]


def _lines_above(rows: Sequence[Row], width: int) -> int:
    """Lines above a row on a narrow screen: two where its name and words do not fit into one."""
    needed = max((svg.width_of(f"{row.name}  {row.words}") for row in rows), default=0)
    return 1 if needed <= width else 2


def _words(row: Row, width: int, right: float, middle: float, above: int) -> list[str]:
    """Name and words of a row: beside it, or in lines above it where the screen is narrow."""
    if not above:
        return [
            svg.text(0, middle + 4, svg.shortened(row.name, NAMES - 10)),
            svg.text(right, middle + 4, row.words, "--soft"),
        ]
    name, words = svg.shortened(row.name, width), svg.shortened(row.words, width)
    if above == 1:
        words_there = svg.text(width, middle - 13, words, "--soft", text_anchor="end")
    else:
        words_there = svg.text(0, middle - 13, words, "--soft")
    return [svg.text(0, middle + 3 - 16 * above, name), words_there]


def _point(row: Row, at: Callable[[float], float], middle: float) -> list[str]:
    parts = []
    if row.low is not None and row.high is not None:
        low, high = at(row.low), at(row.high)
        parts.append(svg.line(low, middle, high, middle, row.colour, stroke_width=2.5))
    assert row.value is not None
    return [*parts, svg.mark(at(row.value), middle, row.colour, row.shape)]


def _bars(row: Row, left: float, right: float, middle: float) -> list[str]:
    sizes = [(right - left) * share for share, _ in row.shares]
    starts = accumulate(sizes, initial=left)
    return [
        svg.element("rect", x=x, y=middle - 6, width=size, height=12, fill=f"var({colour})")
        for x, size, (_, colour) in zip(starts, sizes, row.shares, strict=False)
    ]
