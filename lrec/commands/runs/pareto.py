"""Pareto set of a sweep: runs that are best for the least active users at no cost to the most."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

from lrec.base.arrays import Bools, Floats
from lrec.base.files import write_table
from lrec.commands.settings import RunSettings
from lrec.reporting import figures
from lrec.reporting.formatting import distinguishing_words, metric_name, number
from lrec.reporting.terminal import cell, plain_table
from lrec.tracking import SavedRun

if TYPE_CHECKING:
    import pandas as pd


def front(points: Floats) -> Bools:
    """The Pareto set of points: those that no other dominates.

    A point dominates another if it is nowhere below it and somewhere above. O(n²), for sweeps.

    Args:
        points: `(n, m)`, more is better.

    Returns:
        `(n,)` bool.
    """
    as_good = (points[:, None] >= points).all(axis=2)
    above = as_good & (points[:, None] > points).any(axis=2)
    undominated: Bools = np.logical_not(above.any(axis=0))
    return undominated


def extremes(settings: RunSettings) -> tuple[str, str]:
    """Names of the monitored metric for the least and the most active bucket."""
    names = next(iter(settings.bucket.values())).names
    metric = settings.monitor.removeprefix("val/").rpartition("/")[0]
    return f"{metric}/{names[0]}", f"{metric}/{names[-1]}"


def sweep_table(runs: Sequence[SavedRun], settings: RunSettings) -> pd.DataFrame:
    """One row for each run that has a value for both extremes.

    Returns:
        Columns run, settings, the two values, pareto and minutes. Values are validation values of
        the best epoch, `best/…` in MLflow.
    """
    import pandas as pd

    low, high = extremes(settings)
    whole = [run for run in runs if {f"best/{low}", f"best/{high}"} <= run.metrics.keys()]
    values = np.array([[run.metrics[f"best/{name}"] for name in (low, high)] for run in whole])
    values = values.reshape(-1, 2)
    return pd.DataFrame(
        {
            "run": [run.id for run in whole],
            "settings": [run.tags.get("lrec.overrides", "") for run in whole],
            low: values[:, 0],
            high: values[:, 1],
            "pareto": front(settings.monitor_sign * values),
            "minutes": [run.seconds / 60 for run in whole],
        }
    ).sort_values(low, ascending=settings.monitor_sign < 0)


def write(folder: Path, sweep: pd.DataFrame, settings: RunSettings) -> list[Path]:
    """Write all runs as a table, and as a figure with the Pareto set."""
    paths = [folder / "trials.csv", folder / "pareto.png"]
    write_table(paths[0], sweep)
    figures.pareto(sweep, *extremes(settings), paths[1])
    return paths


def pareto_table(sweep: pd.DataFrame, settings: RunSettings) -> Table:
    """The Pareto set, for a terminal."""
    low, high = extremes(settings)
    numbers = (metric_name(low), metric_name(high))
    title = f"Pareto set of {len(sweep)} runs, on validation"
    table = plain_table(*numbers, "run", "settings", title=title, right=numbers)
    named = sweep.assign(settings=distinguishing_words(sweep["settings"].to_list()))
    for row in named[named["pareto"]].to_dict("records"):
        table.add_row(number(row[low]), number(row[high]), row["run"], cell(row["settings"]))
    return table
