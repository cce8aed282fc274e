"""A comparison by bucket, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from lrec.base.config.check import component_class
from lrec.evaluation.bucket import COLD
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.user_alignment import ComparisonError, ModelTables
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


def bucket_orders(models: Sequence[ModelTables]) -> dict[str, tuple[str, ...]]:
    """The bucketings that all tables have, each with its buckets, least active first.

    Those of activity come first: the page begins with the least active users.

    Raises:
        ComparisonError: they have none in common.
    """
    shared = [
        str(column)
        for column in models[0].tables[0]
        if str(column).startswith("bucket/")
        and all(column in table for model in models for table in model.tables)
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
