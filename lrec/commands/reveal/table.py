"""Curves over revealed histories, for a terminal."""

from __future__ import annotations

from rich.table import Table

from lrec.commands.reveal.curves import Curves
from lrec.reporting.formatting import metric_name, number
from lrec.reporting.terminal import cell, plain_table


def curves_table(curves: Curves, cohort: int, primary: str) -> Table:
    """The curves of one cohort: a row for each model, a column for each length."""
    points = curves.points[curves.points["cohort"] == cohort]
    summary = curves.summary[curves.summary["cohort"] == cohort]
    users = int(points["users"].iloc[0])
    title = f"{metric_name(primary)} of {users:,} users with {cohort} items or more, by items shown"
    numbers = [*map(str, points["n"].unique()), "n*", "to 8 items"]
    table = plain_table("model", *numbers, title=title, right=numbers)
    for row in summary.to_dict("records"):
        values = points.loc[points["model"] == row["model"], "value"].to_list()
        needed = f"{row['needed']} ({row['needed_low']}-{row['needed_high']})"
        table.add_row(cell(row["model"]), *map(number, values), needed, number(row["area"]))
    return table
