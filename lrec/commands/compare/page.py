"""The page of a comparison."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from lrec.commands.compare.sentences import headline
from lrec.commands.compare.table import of_all_users
from lrec.evaluation.comparison.comparison import BETTER, WORSE, Comparison, list_lengths
from lrec.evaluation.group_fairness import MEASURES
from lrec.evaluation.references import POPULARITY
from lrec.reporting.formatting import metric_name, number, signed, users_of
from lrec.reporting.page import line_colours, render
from lrec.reporting.page.row_chart import Group, Row, row_chart
from lrec.reporting.page.scatter_chart import Point, scatter_chart
from lrec.reporting.page.svg import Chart

# Metrics that are plotted against accuracy, at the longest list.
BEYOND = ("item_coverage_sub", "novelty")
SIDES = {BETTER: "--good", WORSE: "--bad"}


def page(comparison: Comparison, facts: Mapping[str, Any]) -> str:
    """HTML of a comparison.

    Args:
        facts: for its readers, and to repeat it.
    """
    low, high = comparison.order[0], comparison.order[-1]
    colours = line_colours(comparison.models)
    scatters = [
        beyond(comparison, metric, low, colours)
        for metric in metrics_of(comparison)
        if metric.rpartition("_at_")[0] in BEYOND
    ]
    return render(
        Path(__file__).with_name("page.html"),
        comparison=comparison,
        facts=facts,
        sentences=headline(comparison, facts["buckets"], not facts["baseline_named"]),
        people={bucket: users_of(bucket, words) for bucket, words in facts["buckets"].items()},
        models=comparison.models,
        buckets=comparison.buckets,
        low=low,
        high=high,
        values=values_chart(comparison, facts, colours),
        differences=differences_chart(comparison, facts),
        heat=[(model, heat(comparison, model, facts["plain"])) for model in comparison.models[1:]],
        metrics=metrics_of(comparison),
        scatters=[
            *([trade(comparison, low, high, colours)] if low != high else []),
            *scatters,
        ],
        served=served_chart(comparison, facts),
        items=items_chart(comparison, facts, colours),
        item_cells=item_cells(comparison),
        fairness=fairness_cells(comparison),
    )


def fairness_cells(comparison: Comparison) -> list[tuple[str, str, list[dict[str, Any] | None]]]:
    """Bucketing, model, and a row of the comparison's primary metric for each distance."""
    found = {
        (row["bucketing"], row["model"], row["measure"]): row
        for row in comparison.fairness_records
        if row["metric"] == comparison.primary
    }
    return [
        (*key, [found.get((*key, measure)) for measure in MEASURES])
        for key in dict.fromkeys(key[:2] for key in found)
    ]


def items_chart(
    comparison: Comparison, facts: Mapping[str, Any], colours: Mapping[str, str]
) -> Chart | None:
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


def item_cells(comparison: Comparison) -> list[tuple[str, str, str, list[dict[str, Any] | None]]]:
    """Model, measure, item bucket, and a row of the comparison for each group of people."""
    found = {
        (row["model"], row["measure"], row["items"], row["bucket"]): row
        for row in comparison.item_records
    }
    return [
        (*key, [found.get((*key, bucket)) for bucket in comparison.buckets])
        for key in dict.fromkeys(key[:3] for key in found)
    ]


def values_chart(
    comparison: Comparison, facts: Mapping[str, Any], colours: Mapping[str, str]
) -> Chart:
    """The primary metric of every model by bucket, with the intervals of the values."""
    groups = []
    for bucket in comparison.buckets:
        rows = []
        for model in comparison.models:
            row = comparison.row(model, comparison.primary, bucket)
            low, high = row["value_low"], row["value_high"]
            around = "" if low is None else f" ({number(low)} to {number(high)})"
            shape = shape_of(comparison, model)
            words = f"{number(row['value'])}{around}"
            rows.append(Row(model, words, row["value"], low, high, (), colours[model], shape))
        base = comparison.row(comparison.baseline, comparison.primary, bucket)
        groups.append(_group(comparison, facts, bucket, rows, base["value"]))
    name = metric_name(comparison.primary)
    return row_chart(f"{name}_by_bucket", f"{name} by bucket", groups, name, zero=True)


def differences_chart(comparison: Comparison, facts: Mapping[str, Any]) -> Chart:
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


def served_chart(comparison: Comparison, facts: Mapping[str, Any]) -> Chart | None:
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


def heat(comparison: Comparison, model: str, plain: Collection[str] = ()) -> list[dict[str, Any]]:
    """Rows of metrics, a cell for each bucket: the difference to the baseline, and its side.

    The strength of a colour is the root of the effect size, full from one standard deviation of
    the users' differences; set metrics, which have none, are half coloured where their interval
    leaves 0.

    Args:
        plain: metrics without colours, which do not ask whether a list was right: much novelty of
            a bad list is nothing good.
    """
    rows = []
    for metric in metrics_of(comparison):
        direction = 0 if metric in plain else comparison.directions[metric]
        cells = []
        for bucket in comparison.buckets:
            row = comparison.find(model, metric, bucket)
            cells.append(None if row is None else {**row, **_colour(row, direction)})
        if any(cell is not None and cell["value"] is not None for cell in cells):
            rows.append({"metric": metric, "cells": cells})
    return rows


def trade(comparison: Comparison, low: str, high: str, colours: Mapping[str, str]) -> Chart:
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


def beyond(comparison: Comparison, metric: str, bucket: str, colours: Mapping[str, str]) -> Chart:
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


def _colour(row: Mapping[str, Any], direction: int) -> dict[str, Any]:
    """Side (good, bad or none) and strength from 0 to 1 of a cell."""
    difference, effect = row["difference"], row["effect_size"]
    if difference is None or not direction or not difference:
        return {"side": "none", "strength": 0, "sure": False}
    sure = row["low"] > 0 or row["high"] < 0
    strength = min(1.0, abs(effect) ** 0.5) if effect is not None else 0.5 * sure
    return {
        "side": "good" if difference * direction > 0 else "bad",
        "strength": strength,
        "sure": sure,
    }
