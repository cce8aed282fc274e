"""Charts of a comparison, for its page and for papers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrec.commands.compare.course import course_charts
from lrec.commands.compare.table import of_all_users
from lrec.evaluation.comparison.comparison import BETTER, WORSE, Comparison, list_lengths
from lrec.evaluation.references import POPULARITY
from lrec.reporting.formatting import metric_name, number, signed, users_of
from lrec.reporting.page import line_colours
from lrec.reporting.page.line_chart import LineChart
from lrec.reporting.page.row_chart import Group, Row, RowChart, row_chart
from lrec.reporting.page.scatter_chart import Point, ScatterChart, scatter_chart

# Metrics that are plotted against accuracy, at the longest list.
BEYOND = ("item_coverage_sub", "novelty")
SIDES = {BETTER: "--good", WORSE: "--bad"}


@dataclass(frozen=True)
class Charts:
    """Charts of a comparison.

    Attributes:
        values, differences: of the primary metric, by bucket.
        served: shares of users served better and worse than by popularity; None without it.
        scatters: one bucket against another, and accuracy against other qualities of lists.
        course: differences over windows of time, where there are several.
        items: recall of pairs by popularity of the target; None where tables lack it.
    """

    values: RowChart
    differences: RowChart
    served: RowChart | None
    scatters: list[ScatterChart]
    course: list[LineChart]
    items: RowChart | None

    @property
    def all(self) -> list[RowChart | ScatterChart | LineChart]:
        """All of them, in the order of the page."""
        last = [chart for chart in (self.served, self.items) if chart is not None]
        return [self.values, self.differences, *self.course, *self.scatters, *last]


def charts_of(comparison: Comparison, facts: Mapping[str, Any]) -> Charts:
    """The charts of a comparison.

    Args:
        facts: of the page.
    """
    low, high = edges(comparison)
    colours = line_colours(comparison.models)
    scatters = [
        beyond(comparison, metric, low, colours)
        for metric in metrics_of(comparison)
        if metric.rpartition("_at_")[0] in BEYOND
    ]
    if low != high:
        scatters.insert(0, trade(comparison, low, high, colours))
    return Charts(
        values_chart(comparison, facts, colours),
        differences_chart(comparison, facts),
        served_chart(comparison, facts),
        scatters,
        course_charts(comparison),
        items_chart(comparison, facts, colours),
    )


def edges(comparison: Comparison) -> tuple[str, str]:
    """The buckets of the least and of the most active users."""
    return comparison.order[0], comparison.order[-1]


def values_chart(
    comparison: Comparison,
    facts: Mapping[str, Any],
    colours: Mapping[str, str],
    metric: str | None = None,
) -> RowChart:
    """A metric of every model by bucket, with the intervals of the values where there are any.

    Args:
        metric: None for the primary one.
    """
    metric = metric or comparison.primary
    groups = []
    for bucket in comparison.buckets:
        rows = []
        for model in comparison.models:
            row = comparison.find(model, metric, bucket) or {}
            value, low, high = map(row.get, ("value", "value_low", "value_high"))
            around = "" if low is None else f" ({number(low)} to {number(high)})"
            shape, words = shape_of(comparison, model), f"{number(value)}{around}"
            rows.append(Row(model, words, value, low, high, (), colours[model], shape))
        base = comparison.find(comparison.baseline, metric, bucket) or {}
        groups.append(_group(comparison, facts, bucket, rows, base.get("value")))
    name = metric_name(metric)
    return row_chart(f"{name}_by_bucket", f"{name} by bucket", groups, name, zero=True)


def differences_chart(comparison: Comparison, facts: Mapping[str, Any]) -> RowChart:
    """Differences to the baseline by bucket, with their intervals and verdicts."""
    groups = []
    for bucket in comparison.buckets:
        rows = []
        for model in comparison.models[1:]:
            row = comparison.row(model, comparison.primary, bucket)
            low, difference, high = row["low"], row["difference"], row["high"]
            words = row["verdict"]
            if difference is not None:
                words += f"  {signed(difference)} ({signed(low)} to {signed(high)})"
            side = SIDES.get(row["verdict"], "--open")
            rows.append(Row(model, words, difference, low, high, (), side))
        groups.append(_group(comparison, facts, bucket, rows, 0))
    name = metric_name(comparison.primary)
    title = f"{name}: difference to {comparison.baseline}"
    return row_chart(f"{name}_differences", title, groups, title, zero=True)


def items_chart(
    comparison: Comparison, facts: Mapping[str, Any], colours: Mapping[str, str]
) -> RowChart | None:
    """Recall of pairs by popularity of the target, with the intervals of the values."""
    found = [row for row in of_all_users(comparison) if row["value"] is not None]
    if not found:
        return None
    groups = []
    for name in dict.fromkeys(row["items"] for row in found):
        own = {row["model"]: row for row in found if row["items"] == name}
        rows = [
            Row(
                model,
                f"{number(row['value'])} ({number(row['low'])} to {number(row['high'])})",
                row["value"],
                row["low"],
                row["high"],
                (),
                colours[model],
                shape_of(comparison, model),
            )
            for model, row in own.items()
        ]
        base = own[comparison.baseline]
        words = filter(None, [facts["buckets"].get(name), f"{base['pairs']:,.0f} targets"])
        groups.append(Group(name, ", ".join(words), rows, base["value"]))
    name = metric_name(found[0]["measure"])
    title = f"{name}: share of held-out items found, by their popularity"
    return row_chart("found_items", title, groups, name, zero=True)


def served_chart(comparison: Comparison, facts: Mapping[str, Any]) -> RowChart | None:
    """Shares of users that each model serves better and worse than popularity."""
    if comparison.served is None:
        return None
    served = comparison.served.to_dict("records")
    groups = [
        _group(
            comparison,
            facts,
            bucket,
            [
                Row(
                    row["model"],
                    f"{100 * row['better']:.1f} % better, {100 * row['worse']:.1f} % worse",
                    shares=[
                        (row[key], colour)
                        for key, colour in (
                            ("better", "--good"),
                            ("same", "--line"),
                            ("worse", "--bad"),
                        )
                    ],
                )
                for row in served
                if row["bucket"] == bucket and row["model"] != POPULARITY
            ],
        )
        for bucket in comparison.buckets
    ]
    title = f"share of users whose {metric_name(comparison.primary)} is better than, the same as, "
    title += "and worse than popularity's"
    return row_chart("served_users", title, groups, "share of users", zero=True)


def shape_of(comparison: Comparison, model: str) -> str:
    """The shape of a model's point: the two that all are seen against have their own."""
    if model == comparison.baseline:
        return "square"
    return "ring" if model == POPULARITY else "dot"


def _group(
    comparison: Comparison,
    facts: Mapping[str, Any],
    bucket: str,
    rows: Sequence[Row],
    reference: float | None = None,
) -> Group:
    users = comparison.row(comparison.baseline, comparison.primary, bucket)["users"]
    meaning = users_of(bucket, facts["buckets"][bucket]) if bucket in facts["buckets"] else ""
    note = ", ".join(filter(None, [meaning, f"{users:,} in the test"]))
    return Group(bucket, note, rows, reference)


def metrics_of(comparison: Comparison) -> list[str]:
    """The primary metric, then every other at the longest list only, as the page has them."""
    names = list(comparison.directions)
    longest = max(list_lengths(names), default=None)
    return [names[0], *(n for n in names[1:] if list_lengths([n]) in ([], [longest]))]


def trade(comparison: Comparison, low: str, high: str, colours: Mapping[str, str]) -> ScatterChart:
    """Differences of each model for the least active against those for the most active users."""
    points = []
    for model in comparison.models[1:]:
        x = comparison.row(model, comparison.primary, high)
        y = comparison.row(model, comparison.primary, low)
        if x["difference"] is not None and y["difference"] is not None:
            across, up = ((r["low"], r["difference"], r["high"]) for r in (x, y))
            shape = shape_of(comparison, model)
            points.append(Point(model, colours[model], across, up, shape))
    name = metric_name(comparison.primary)
    titles = (f"{name}, {high}: difference", f"{name}, {low}: difference")
    title = f"Who gains, who loses: right of 0 the {high}, above 0 the {low}."
    return scatter_chart(f"{name}_{low}_{high}", title, points, titles, zero=True)


def beyond(
    comparison: Comparison, metric: str, bucket: str, colours: Mapping[str, str]
) -> ScatterChart:
    """Accuracy of every model against another quality of its lists, for one bucket."""
    points = []
    for model in comparison.models:
        x = comparison.find(model, metric, bucket)
        y = comparison.row(model, comparison.primary, bucket)
        if x is not None and x["value"] is not None and y["value"] is not None:
            across, up = (x["value"],) * 3, (y["value"],) * 3
            points.append(Point(model, colours[model], across, up, shape_of(comparison, model)))
    name, other = metric_name(comparison.primary), metric_name(metric)
    title = f"{name} against {other}, for the {bucket}."
    return scatter_chart(f"{name}_{other}", title, points, (other, f"{name}, {bucket}"), zero=False)
