"""Distances between groups of users, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table

from lrec.reporting.formatting import metric_name, number
from lrec.reporting.terminal import cell, plain_table

MEASURES = ("difference", "difference_low", "difference_high", "difference_by_chance", "ratio")
HEADS = ("diff.", "95 % interval", "by chance", "worst/best")


def fairness_table(
    rows: Mapping[str, Mapping[str, float]], bucketing: str, metrics: Sequence[str]
) -> Table | None:
    """Distances by metric, a line for the model and for each reference.

    Args:
        rows: name of model or reference -> its metrics.
        metrics: columns to show.

    Returns:
        The table; None where no two groups are large enough.
    """
    title = f"largest difference between the groups by {bucketing} (those of 30 or more users)"
    table = plain_table("metric", "", *HEADS, title=title, right=HEADS)
    for metric in metrics:
        label = metric_name(metric)
        for model, values in rows.items():
            if f"fairness/difference/{metric}/{bucketing}" not in values:
                continue
            keys = (f"{name}/{metric}/{bucketing}" for name in MEASURES)
            cells = distance_cells(values.get(f"fairness/{key}") for key in keys)
            style = None if values is next(iter(rows.values())) else "dim"
            table.add_row(cell(label), cell(model), *cells, style=style)
            label = ""
    return table if table.row_count else None


def distance_cells(values: Iterable[float | None]) -> list[str]:
    """Cells of a distance.

    Args:
        values: the largest difference, low and high end of its interval, what chance makes of
            groups that are alike, and the worst group's mean over the best one's.
    """
    difference, low, high, by_chance, ratio = values
    interval = "" if low is None else f"{number(low)} to {number(high)}"
    return [
        number(difference),
        interval,
        "" if by_chance is None else number(by_chance),
        number(ratio),
    ]
