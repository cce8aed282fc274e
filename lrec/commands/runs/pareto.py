"""Pareto set of a sweep: what is best for the least active users at no cost to the most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from lrec.base.arrays import Bools, Floats
from lrec.base.files import write_table
from lrec.commands.runs.replicates import candidates
from lrec.commands.settings import RunSettings
from lrec.evaluation.bucket import ALL
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
    """Names of the monitored metric for the least and the most active bucket.

    That is for all users, twice, where no bucketing has an order.
    """
    ordered = (bucketing.names for bucketing in settings.bucket.values() if bucketing.ordered)
    names = next(ordered, (ALL,))
    metric = settings.monitor.removeprefix("val/").rpartition("/")[0]
    return f"{metric}/{names[0]}", f"{metric}/{names[-1]}"


def sweep_table(runs: Sequence[SavedRun], settings: RunSettings) -> pd.DataFrame:
    """One row for each candidate that has a value for both extremes, the mean over its replicates.

    Args:
        runs: newest first.

    Returns:
        Columns run (ids), settings, the monitored metric for each group and its standard deviation
        over replicates (` sd`; NaN of one), replicates, complete, pareto and minutes. Values are
        validation values of the best epoch, `best/…` in MLflow. Candidates are compared within one
        protocol; one without all of its replicates is in no Pareto set.
    """
    import pandas as pd

    names, ends = groups(settings), extremes(settings)
    whole = [run for run in runs if all(f"best/{name}" in run.metrics for name in ends)]
    found = candidates(whole)
    columns: dict[str, list[Any]] = {
        "run": [" ".join(run.id for run in one.runs) for one in found],
        "settings": [one.settings for one in found],
    }
    for name in names:
        values = [[run.metrics.get(f"best/{name}", np.nan) for run in one.runs] for one in found]
        columns[name] = [float(np.mean(of_one)) for of_one in values]
        columns[f"{name} sd"] = [
            float(np.std(of_one, ddof=1)) if len(of_one) > 1 else np.nan for of_one in values
        ]
    frame = pd.DataFrame(columns).assign(
        replicates=[len(one.runs) for one in found],
        complete=np.array([one.complete for one in found], bool),
        pareto=False,
        minutes=[sum(run.seconds for run in one.runs) / 60 for one in found],
    )
    points = settings.monitor_sign * frame[list(ends)].to_numpy(float).reshape(-1, 2)
    for protocol in {one.protocol for one in found}:
        rows = [i for i, one in enumerate(found) if one.complete and one.protocol == protocol]
        frame.loc[rows, "pareto"] = front(points[rows])
    return frame.sort_values(ends[0], ascending=settings.monitor_sign < 0)


def groups(settings: RunSettings) -> list[str]:
    """Names of the monitored metric for every group of users."""
    return [name.removeprefix("val/") for name in settings.monitored.by_group]


def write(folder: Path, sweep: pd.DataFrame, settings: RunSettings) -> list[Path]:
    """Write all candidates as a table, and as a figure with the Pareto set."""
    paths = [folder / "trials.csv", folder / "pareto.png"]
    write_table(paths[0], sweep)
    figures.pareto(sweep, *extremes(settings), paths[1])
    return paths


def jobs_table(sweep: pd.DataFrame, settings: RunSettings) -> Table:
    """All candidates by bucket, for a terminal; the best of the least active users first."""
    names = [name for name in groups(settings) if sweep[name].notna().any()]
    several = sweep["replicates"].max() > 1
    metric = metric_name(names[0].rpartition("/")[0])
    title = f"val {metric} of {counted(sweep)}" + (", mean ± sd over replicates" if several else "")
    numbers = [*(name.rpartition("/")[2] for name in names), "runs"]
    table = plain_table("settings", *numbers, title=title, right=numbers)
    words = distinguishing_words(sweep["settings"].to_list())
    for row, chosen in zip(sweep.to_dict("records"), words, strict=True):
        runs = f"{row['replicates']}{'' if row['complete'] else ', not all'}"
        table.add_row(cell(chosen), *(number(_known(row[name])) for name in names), runs)
        if row["replicates"] > 1:
            spread = [f"±{number(_known(row[f'{name} sd']))}" for name in names]
            table.add_row("", *spread, "", style="dim")
    return table


def pareto_table(sweep: pd.DataFrame, settings: RunSettings) -> Table:
    """The Pareto set, for a terminal."""
    ends = list(dict.fromkeys(extremes(settings)))
    numbers = [metric_name(name) for name in ends]
    title = f"Pareto set of {counted(sweep)}, on validation"
    table = plain_table(*numbers, "run", "settings", title=title, right=numbers)
    named = sweep.assign(settings=distinguishing_words(sweep["settings"].to_list()))
    for row in named[named["pareto"]].to_dict("records"):
        values = [_spread(row[name], row[f"{name} sd"]) for name in ends]
        table.add_row(
            *values, "\n".join(run[:8] for run in row["run"].split()), cell(row["settings"])
        )
    return table


def tables(sweep: pd.DataFrame, settings: RunSettings) -> list[Table]:
    """All candidates by bucket, and the Pareto set where there are several."""
    shown = [jobs_table(sweep, settings)] if len(sweep) else []
    return [*shown, pareto_table(sweep, settings)] if len(sweep) > 1 else shown


def counted(sweep: pd.DataFrame) -> str:
    """The number of candidates, and of their runs where there are more."""
    runs = sweep["replicates"].sum()
    return f"{runs} runs" if runs == len(sweep) else f"{len(sweep)} candidates in {runs} runs"


def _spread(mean: float, deviation: float) -> str:
    """A mean and its standard deviation; of one value without."""
    return number(mean) if math.isnan(deviation) else f"{number(mean)} ± {number(deviation)}"


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
