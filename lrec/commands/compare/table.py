"""A comparison by bucket, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from lrec.base.config.check import component_class
from lrec.evaluation.bucket import ALL, COLD
from lrec.evaluation.by_item.item_buckets import RECALL
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.user_alignment import ComparisonError, ModelTables
from lrec.evaluation.user_table import bucket_columns
from lrec.reporting.fairness_table import HEADS, distance_cells
from lrec.reporting.formatting import metric_name, number, probability, relative, signed
from lrec.reporting.terminal import cell, plain_table

STYLES = {"better": "green", "worse": "red", "baseline": "dim", "too few users": "dim"}


def comparison_table(comparison: Comparison) -> Table:
    """The primary metric by bucket, for a terminal."""
    numbers = ("value", "diff.", "", "95 % interval", "p (Holm)")
    title = f"{metric_name(comparison.primary)}, difference to {comparison.baseline}"
    table = plain_table("bucket", *numbers, "verdict", title=title, right=numbers)
    for bucket in comparison.buckets:
        users = comparison.row(comparison.baseline, comparison.primary, bucket)["users"]
        table.add_row(Text(f"{bucket} ({users:,})", style="bold"))
        for model in comparison.models:
            row = comparison.row(model, comparison.primary, bucket)
            low, high = signed(row["low"]), signed(row["high"])
            table.add_row(
                cell(f"  {model}"),
                number(row["value"]),
                signed(row["difference"]),
                relative(row),
                "" if row["low"] is None else f"{low} to {high}",
                probability(row["p_holm"]),
                row["verdict"],
                style=STYLES.get(row["verdict"]),
            )
    return table


def items_table(comparison: Comparison) -> Table | None:
    """Recall of pairs by popularity of the target, for a terminal; None where runs lack it."""
    rows = [row for row in of_all_users(comparison) if row["pairs"]]
    if not rows:
        return None
    numbers = ("value", "diff.", "95 % interval")
    title = f"{metric_name(rows[0]['measure'])}: share of held-out items found, by their popularity"
    table = plain_table("items", *numbers, title=title, right=numbers)
    for name in dict.fromkeys(row["items"] for row in rows):
        own = [row for row in rows if row["items"] == name]
        table.add_row(Text(f"{name} ({own[0]['pairs']:,.0f} targets)", style="bold"))
        for row in own:
            is_base = row["difference"] is None
            low, high = signed(row["difference_low"]), signed(row["difference_high"])
            table.add_row(
                cell(f"  {row['model']}"),
                number(row["value"]),
                signed(row["difference"]),
                "" if is_base else f"{low} to {high}",
                style="dim" if is_base else None,
            )
    return table


def fairness_table(comparison: Comparison) -> Table | None:
    """Distances between groups by the primary metric, a line for each model, for a terminal."""
    rows = [row for row in comparison.fairness_records if row["metric"] == comparison.primary]
    if not rows:
        return None
    name = metric_name(comparison.primary)
    title = f"{name}: largest difference between groups (those of 30 or more users)"
    table = plain_table("groups by", *HEADS, title=title, right=HEADS)
    for bucketing in dict.fromkeys(row["bucketing"] for row in rows):
        table.add_row(Text(bucketing, style="bold"))
        for model in comparison.models:
            own = {
                row["measure"]: row
                for row in rows
                if row["bucketing"] == bucketing and row["model"] == model
            }
            apart, ratio = own.get("difference", {}), own.get("ratio", {})
            values = [apart.get(key) for key in ("value", "low", "high", "by_chance")]
            cells = distance_cells([*values, ratio.get("value")])
            style = "dim" if model == comparison.baseline else None
            table.add_row(cell(f"  {model}"), *cells, style=style)
    return table


def of_all_users(comparison: Comparison, measure: str = RECALL) -> list[dict[str, Any]]:
    """Rows of a comparison by item bucket that are about all users, by item bucket and model."""
    return [
        row
        for row in comparison.item_records
        if row["bucket"] == ALL and row["measure"].rpartition("_at_")[0] == measure
    ]


def bucket_orders(models: Sequence[ModelTables]) -> dict[str, tuple[str, ...]]:
    """The bucketings that all tables have, each with its buckets, least active first.

    Those of activity come first: the page begins with the least active users.

    Raises:
        ComparisonError: they have none in common.
    """
    shared = [
        column
        for column in bucket_columns(models[0].tables[0])
        if all(column in table for model in models for table in model.tables)
    ]
    if not shared:
        raise ComparisonError("the runs have no bucketing in common: train them with the same.")
    table, orders = models[0].tables[0], {}
    for column in shared:
        name = column.partition("/")[2]
        bucketing = component_class("bucket", name)
        found = set(table[column]) - {COLD}
        orders[name] = (not bucketing.ordered, bucketing.in_order(found))
    return {name: order for name, (_, order) in sorted(orders.items(), key=lambda o: o[1][0])}
