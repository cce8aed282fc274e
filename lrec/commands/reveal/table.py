"""Curves over revealed histories, for a terminal."""

from __future__ import annotations

import math

from rich.table import Table

from lrec.commands.reveal.curves import Curves
from lrec.commands.reveal.sentences import bounded
from lrec.reporting.formatting import metric_name, number
from lrec.reporting.terminal import cell, plain_table


def curves_table(curves: Curves, cohort: int, primary: str) -> Table:
    """The curves of one cohort: a row for each model, a column for each length.

    Answers that are not the model's own stand in brackets.
    """
    points = curves.points[curves.points["cohort"] == cohort]
    summary = curves.summary[curves.summary["cohort"] == cohort]
    users = int(points["users"].iloc[0])
    title = f"{metric_name(primary)} of {users:,} users with {cohort} items or more, by items shown"
    title += "; (in brackets) popularity answers for the model"
    numbers = [*map(str, points["n"].unique()), "n*", "1 to 8"]
    table = plain_table("model", *numbers, title=title, right=numbers)
    for row in summary.to_dict("records"):
        own = points[points["model"] == row["model"]].to_dict("records")
        values = [
            number(p["value"]) if p["personalised"] else f"({number(p['value'])})" for p in own
        ]
        area = number(None if math.isnan(row["area"]) else row["area"])
        table.add_row(cell(row["model"]), *values, bounded(row, "needed"), area)
    return table
