"""Results of a simulation, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from lrec.commands.simulate.results import SimulationResults
from lrec.evaluation.bucket import ALL
from lrec.evaluation.references import POPULARITY
from lrec.reporting.formatting import number, signed
from lrec.reporting.terminal import cell, plain_table


def results_table(results: SimulationResults, facts: Mapping[str, Any]) -> Table:
    """Activation by bucket, and further values of all users: a row for each model."""
    summary = {(row["model"], row["bucket"]): row for row in results.records("summary")}
    last_round = {(row["model"], row["bucket"]): row for row in results.records("rounds")}
    buckets = {row["bucket"]: row for row in summary.values()}
    controls = {POPULARITY: "_popularity", facts["control"]: ""}
    title = (
        f"percent of users with {facts['active']} items after {facts['rounds']} rounds, "
        f"and 95 % intervals of the difference to {' and '.join(controls)}"
    )
    table = plain_table("model", title=title)
    for bucket, row in buckets.items():
        most = f"\nat most {100 * row['attainable']:.1f}" if row["attainable"] < 1 else ""
        table.add_column(f"{bucket}\n[dim]{row['users']:,} users{most}[/]", justify="right")
    for name in ("rounds to\nfirst hit", "popularity\ndrift", "item\ncoverage"):
        table.add_column(name, justify="right")
    for model in dict.fromkeys(model for model, _ in summary):
        rows = [summary[model, bucket] for bucket in buckets]
        overall, last = summary[model, ALL], last_round[model, ALL]
        table.add_row(
            cell(model),
            *(f"{100 * row['activated']:.1f}" for row in rows),
            number(overall["first_hit"]),
            signed(last["drift"]),
            number(last["item_coverage"]),
        )
        for control, suffix in controls.items():
            if model not in controls:
                bounds = [(100 * row[f"low{suffix}"], 100 * row[f"high{suffix}"]) for row in rows]
                intervals = [f"{low:+.1f} to {high:+.1f}".replace("-", "−") for low, high in bounds]
                table.add_row(f"- {control}", *intervals, "", "", "", style="dim")
    return table
