"""Charts of a comparison as PDF and SVG, in the widths of a paper's columns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.files import whole
from lrec.reporting.page.line_chart import LineChart
from lrec.reporting.page.row_chart import Row, RowChart
from lrec.reporting.page.scatter_chart import ScatterChart
from lrec.reporting.page.svg import Chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTHS = {"narrow": 3.3, "wide": 7.0}  # inches: one column of a page, and both
# Okabe and Ito's colours, which are told apart by people who see few of them; black comes last.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
SIDES = {"--good": "#0072B2", "--bad": "#D55E00", "--open": "#7F7F7F", "--line": "#DDDDDD"}
SHAPES = "os^Dv<>P"
STAMPS = {"pdf": "CreationDate", "svg": "Date"}  # metadata of each format that is left out
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "pdf.fonttype": 42,  # fonts as text, which publishers ask for
    "svg.fonttype": "path",
    "svg.hashsalt": "lrec",  # the same file from the same comparison
}


def write_figures(charts: Sequence[Chart], folder: Path) -> list[Path]:
    """Write each chart as `<name>_<width>.pdf` and `.svg`, for one column and for a whole page.

    Args:
        charts: of rows, points and lines; the names of their rows and points keep their colour
            and shape in all of them.

    Returns:
        The paths.
    """
    from matplotlib import rc_context

    names = dict.fromkeys(name for chart in charts for name in _names(chart))
    looks = {name: index for index, name in enumerate(names)}
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with rc_context(STYLE):
        for chart in filter(_names, charts):
            for word, width in WIDTHS.items():
                kinds = [folder / f"{chart.name}_{word}.{kind}" for kind in STAMPS]
                save(drawn(chart, width, looks), kinds)
                paths += kinds
    return paths


def figure_of(chart: Chart, width: float) -> Figure:
    """A chart by itself as a figure of a width in inches, in the same style.

    A notebook shows it as it is, without `%matplotlib inline`.
    """
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure = drawn(chart, width, {name: index for index, name in enumerate(_names(chart))})
        figure.draw_without_rendering()  # makes the ticks, which take the style that is set then
    figure._repr_png_ = partial(png_of, figure)  # type: ignore[attr-defined]
    return figure


def png_of(figure: Figure) -> bytes:
    """A figure as the content of a PNG file."""
    content = BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()


def save(figure: Figure, paths: Sequence[Path]) -> None:
    """Write a figure in the formats of the paths, without the time of day."""
    for path in paths:
        kind = path.suffix[1:]
        with whole(path) as partial:
            figure.savefig(partial, format=kind, metadata={STAMPS[kind]: None})


def drawn(chart: Chart, width: float, looks: dict[str, int]) -> Figure:
    """A chart as a figure of a width in inches.

    Args:
        looks: number of the colour and shape of each name.
    """
    from matplotlib.figure import Figure

    if isinstance(chart, ScatterChart):
        side = min(width, 4.2)
        figure = Figure(figsize=(side, 0.85 * side), layout="constrained")
        _scatter(chart, figure.subplots(), looks)
        return figure
    if isinstance(chart, LineChart):
        side = min(width, 4.2)
        figure = Figure(figsize=(side, 0.7 * side), layout="constrained")
        _lines(chart, figure.subplots(), looks)
        return figure
    assert isinstance(chart, RowChart)
    lines = sum(len(group.rows) + 1 for group in chart.groups)
    figure = Figure(figsize=(width, 0.17 * lines + 0.45), layout="constrained")
    _rows(chart, figure.subplots(), looks)
    return figure


def _rows(chart: RowChart, axes: Axes, looks: dict[str, int]) -> None:
    """Rows from the top down; a group's title stands over its rows."""
    labels: list[tuple[float, str, str]] = []
    y = 0.0
    for group in chart.groups:
        labels.append((y, group.title, "bold"))
        first = y + 0.5
        for row in group.rows:
            y += 1
            labels.append((y, row.name, "normal"))
            _row(row, y, axes, looks)
        if group.reference is not None:
            axes.vlines(group.reference, first, y + 0.5, color="0.6", lw=0.7, ls=":", zorder=0)
        y += 1
    axes.set_yticks([at for at, _, _ in labels], [words for _, words, _ in labels])
    for tick, (_, _, weight) in zip(axes.get_yticklabels(), labels, strict=True):
        tick.set_fontweight(weight)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(y - 0.4, -0.6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", lw=0.4, color="0.88")
    axes.set_axisbelow(True)
    axes.set_xlabel(chart.across)
    if chart.zero:
        axes.axvline(0, color="0.4", lw=0.7, zorder=1)


def _row(row: Row, y: float, axes: Axes, looks: dict[str, int]) -> None:
    left = 0.0
    for share, colour in row.shares:
        axes.barh(y, share, left=left, height=0.6, color=SIDES[colour])
        left += share
    if row.value is None or row.shares:
        return
    colour, shape = look(looks[row.name])
    colour = SIDES.get(row.colour, colour)  # of a verdict
    if row.low is not None and row.high is not None:
        axes.hlines(y, row.low, row.high, color=colour, lw=1.4)
    axes.plot([row.value], [y], shape, color=colour, ms=4)


def _scatter(chart: ScatterChart, axes: Axes, looks: dict[str, int]) -> None:
    handles: list[Any] = []
    for point in chart.points:
        colour, shape = look(looks[point.name])
        (x_low, x, x_high), (y_low, y, y_high) = point.x, point.y
        axes.hlines(y, x_low, x_high, color=colour, lw=0.9, alpha=0.6)
        axes.vlines(x, y_low, y_high, color=colour, lw=0.9, alpha=0.6)
        handles += axes.plot([x], [y], shape, color=colour, ms=5, ls="", label=point.name)
    if chart.zero:
        axes.axhline(0, color="0.4", lw=0.7, zorder=1)
        axes.axvline(0, color="0.4", lw=0.7, zorder=1)
    axes.set(xlabel=chart.titles[0], ylabel=chart.titles[1])
    axes.grid(lw=0.4, color="0.88")
    axes.legend(handles=handles, frameon=False, handletextpad=0.2)


def _lines(chart: LineChart, axes: Axes, looks: dict[str, int]) -> None:
    places = np.arange(len(chart.steps))
    for line in filter(lambda line: line.is_drawn, chart.lines):
        colour, shape = look(looks[line.name])
        values, low, high = (
            np.array(part, float) if len(part) else np.full(len(places), np.nan)
            for part in (line.values, line.low, line.high)
        )
        axes.fill_between(places, low, high, color=colour, alpha=0.15, lw=0)
        style: dict[str, Any] = (
            {"ls": "--", "marker": ""} if line.dashed else {"ls": "-", "marker": shape}
        )
        axes.plot(places, values, color=colour, ms=4, lw=1.1, label=line.name, **style)
    axes.set_xticks(places, chart.steps)
    axes.set(xlabel=chart.titles[0], ylabel=chart.titles[1])
    axes.grid(lw=0.4, color="0.88")
    axes.legend(frameon=False)


def look(index: int) -> tuple[str, str]:
    """Colour and shape of a model; shapes change once all colours are taken, too."""
    return PALETTE[index % len(PALETTE)], SHAPES[(index + index // len(PALETTE)) % len(SHAPES)]


def _names(chart: Chart) -> list[str]:
    if isinstance(chart, ScatterChart):
        return [point.name for point in chart.points]
    if isinstance(chart, LineChart):
        return [line.name for line in chart.lines if line.is_drawn]
    assert isinstance(chart, RowChart)
    return [row.name for group in chart.groups for row in group.rows]
