"""Which runs of a sweep give the least active users most without taking from the most active."""

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
from lrec.reporting.terminal import cell
from lrec.tracking import SavedRun

if TYPE_CHECKING:
    import pandas as pd


def front(points: Floats) -> Bools:
    """The Pareto set of `(n, m)` points of which more is better: those that none other dominates.

    A point dominates another if it is nowhere below it and somewhere above. O(n²), for sweeps.
    """
    as_good = (points[:, None] >= points).all(axis=2)
    above = as_good & (points[:, None] > points).any(axis=2)
    found: Bools = np.logical_not(above.any(axis=0))
    return found


def extremes(parts: RunSettings) -> tuple[str, str]:
    """Names of the monitored metric for the least and the most active bucket."""
    names = next(iter(parts.bucket.values())).names
    metric = parts.monitor.removeprefix("val/").rpartition("/")[0]
    return f"{metric}/{names[0]}", f"{metric}/{names[-1]}"


def sweep_table(runs: Sequence[SavedRun], parts: RunSettings) -> pd.DataFrame:
    """One row for each run that has both values: run, settings, the values, pareto.

    Values are validation values of the epoch kept, `best/…` in MLflow.
    """
    import pandas as pd

    low, high = extremes(parts)
    kept = [run for run in runs if {f"best/{low}", f"best/{high}"} <= run.metrics.keys()]
    values = np.array([[run.metrics[f"best/{name}"] for name in (low, high)] for run in kept])
    values = values.reshape(-1, 2)
    return pd.DataFrame(
        {
            "run": [run.id for run in kept],
            "settings": [run.tags.get("lrec.overrides", "") for run in kept],
            low: values[:, 0],
            high: values[:, 1],
            "pareto": front(parts.monitor_sign * values),
            "minutes": [run.seconds / 60 for run in kept],
        }
    ).sort_values(low, ascending=parts.monitor_sign < 0)


def write(folder: Path, found: pd.DataFrame, parts: RunSettings) -> list[Path]:
    """All runs as a table, and as a picture with the Pareto set."""
    paths = [folder / "trials.csv", folder / "pareto.png"]
    write_table(paths[0], found)
    figures.pareto(found, *extremes(parts), paths[1])
    return paths


def shown(found: pd.DataFrame, parts: RunSettings) -> Table:
    """The Pareto set, for a terminal."""
    low, high = extremes(parts)
    table = Table(box=None, pad_edge=False, title_justify="left")
    table.title = f"Pareto set of {len(found)} runs, on validation"
    table.add_column(metric_name(low), justify="right")
    table.add_column(metric_name(high), justify="right")
    table.add_column("run")
    table.add_column("settings")
    named = found.assign(settings=distinguishing_words(found["settings"].to_list()))
    for row in named[named["pareto"]].to_dict("records"):
        table.add_row(number(row[low]), number(row[high]), row["run"], cell(row["settings"]))
    return table
