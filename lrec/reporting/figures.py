"""Figures of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.base.files import whole
from lrec.reporting.formatting import metric_name

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def curves(history: Sequence[Mapping[str, float]], monitor: str, path: Path) -> None:
    """Training loss and the monitored validation metric over epochs."""
    figure = _figure(8, 3.2)
    left, right = figure.subplots(1, 2)
    epochs = [row["epoch"] for row in history]
    for axes, key, label in ((left, "loss", "training loss"), (right, monitor, monitor)):
        axes.plot(epochs, [row.get(key, np.nan) for row in history], marker=".")
        axes.set(xlabel="epoch", title=label)
        axes.grid(alpha=0.3)
    _save(figure, path)


def by_bucket(
    rows: Mapping[str, Mapping[str, float]],
    metrics: Sequence[str],
    groups: Sequence[str],
    path: Path,
) -> None:
    """Metrics by bucket: a bar for the model and for each reference that has the metric.

    Nothing is drawn where none of the metrics was computed.
    """
    shown = [m for m in metrics if any(_has(values, m) for values in rows.values())]
    if not shown:
        return
    columns = min(len(shown), 4)
    lines = -(-len(shown) // columns)
    figure = _figure(3.4 * columns, 3.3 * lines + 0.3)
    grid = np.ravel(figure.subplots(lines, columns, squeeze=False))
    for axes in grid[len(shown) :]:
        axes.axis("off")
    colours = {name: f"C{index}" for index, name in enumerate(rows)}
    bars: dict[str, Any] = {}
    for axes, metric in zip(grid, shown, strict=False):
        drawn = {name: v for name, v in rows.items() if _has(v, metric)}
        width = 0.8 / len(drawn)
        for index, (name, values) in enumerate(drawn.items()):
            heights = [values.get(f"{metric}/{group}", np.nan) for group in groups]
            left = np.arange(len(groups)) + index * width
            bars[name] = axes.bar(left, heights, width, color=colours[name])
        axes.set_xticks(np.arange(len(groups)) + 0.4 - width / 2, groups, rotation=20)
        axes.set_xlim(-0.4, len(groups))  # also where the first or last group has no bar
        sample = ", equal-sized" if "_sub_at_" in metric else ""
        axes.set_title(metric_name(metric) + sample)
        axes.grid(axis="y", alpha=0.3)
    figure.legend(bars.values(), bars.keys(), loc="outside lower center", ncols=len(bars))
    _save(figure, path)


def _has(values: Mapping[str, float], metric: str) -> bool:
    """True if a metric has a value for any group."""
    return any(key.partition("/")[0] == metric for key in values)


def distributions(activity: Ints, popularity: Ints, path: Path) -> None:
    """Interactions of each user and of each item: the number that have n or more."""
    figure = _figure(8, 3.2)
    for axes, counts, what in zip(
        figure.subplots(1, 2), (activity, popularity), ("users", "items"), strict=True
    ):
        values = np.sort(counts)[::-1]
        axes.loglog(values, np.arange(1, len(values) + 1))
        axes.set(xlabel="interactions", ylabel=f"{what} with at least as many")
        axes.grid(alpha=0.3)
    _save(figure, path)


def users(
    points: Floats,
    labels: Ints,
    groups: Sequence[str],
    legend: str,
    title: str,
    axes: tuple[str, str],
    path: Path,
) -> None:
    """Users as points, coloured by group; the first group lies on top, to be seen.

    Args:
        points: `(n, 2)`.
        labels: `(n,)` index into `groups`, -1 for the last one.
        groups: descriptions, from the least active up; the last one is drawn in grey.
        legend: title of the legend.
        axes: labels; one without a label has no scale either.
    """
    from matplotlib import colormaps

    figure = _figure(6.4, 6.4)
    plot = figure.subplots()
    # Distinguishable by everybody, also in grey, and in the order of the groups.
    colours = [*colormaps["plasma"](np.linspace(0, 0.8, len(groups) - 1)), "0.6"]
    size = np.clip(24_000 / len(points), 8, 40)
    dots = {}
    for label in (-1, *reversed(range(len(groups) - 1))):
        inside = labels == label
        if inside.any():
            x, y = points[inside].T
            dots[f"{groups[label]} ({len(x):,} users)"] = plot.scatter(
                x, y, size, color=colours[label], alpha=0.75, linewidths=0
            )
    plot.set(title=title, xlabel=axes[0], ylabel=axes[1], aspect="equal", adjustable="datalim")
    if not all(axes):
        plot.set(xticks=[], yticks=[])
    least_first = list(dots)[::-1]
    figure.legend(
        [dots[name] for name in least_first],
        least_first,
        title=legend,
        loc="outside lower center",
        ncols=2,
        markerscale=1.5,
        frameon=False,
    )
    _save(figure, path)


def pareto(sweep: pd.DataFrame, low: str, high: str, path: Path) -> None:
    """Candidates of a sweep by their values for the least and the most active users.

    Args:
        sweep: columns `low`, `high` and pareto.
    """
    figure = _figure(5, 4.2)
    axes = figure.subplots()
    best = sweep[sweep["pareto"]].sort_values(low)
    axes.scatter(sweep[high], sweep[low], color="C7", s=18, label="candidates")
    axes.plot(best[high], best[low], color="C0", marker="o", label="Pareto set")
    axes.set(xlabel=high, ylabel=low)
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, path)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as partial:
        figure.savefig(partial, dpi=130)
