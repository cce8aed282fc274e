"""Distances between groups of users, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from lrec.reporting.formatting import metric_name, number
from lrec.reporting.terminal import cell, plain_table

NAMES = {
    "difference": "largest difference",
    "mean_difference": "mean difference",
    "ratio": "worst / best",
}
HEADS = [head for name in NAMES.values() for head in (name, "95 % interval", "by chance")]


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
    title = f"how far the groups by {bucketing} lie apart (those of 30 or more users)"
    table = plain_table("metric", "", *HEADS, title=title, right=HEADS)
    for metric in metrics:
        label = metric_name(metric)
        for model, values in rows.items():
            if f"fairness/difference/{metric}/{bucketing}" not in values:
                continue
            cells = [text for name in NAMES for text in _cells(values, name, metric, bucketing)]
            style = None if values is next(iter(rows.values())) else "dim"
            table.add_row(cell(label), cell(model), *cells, style=style)
            label = ""
    return table if table.row_count else None


def distance_cells(
    value: float | None, low: float | None, high: float | None, by_chance: float | None
) -> tuple[str, str, str]:
    """A distance, its interval, and what chance makes of groups that are alike."""
    return (
        number(value),
        "" if low is None else f"{number(low)} to {number(high)}",
        ("" if by_chance is None else number(by_chance)),
    )


def _cells(
    values: Mapping[str, float], name: str, metric: str, bucketing: str
) -> tuple[str, str, str]:
    suffixes = ("", "_low", "_high", "_by_chance")
    keys = (f"fairness/{name}{suffix}/{metric}/{bucketing}" for suffix in suffixes)
    return distance_cells(*map(values.get, keys))
