"""The page of a comparison."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lrec.commands.compare.sentences import headline
from lrec.evaluation.bucket import ALL
from lrec.evaluation.comparison.comparison import Comparison, list_lengths
from lrec.reporting.formatting import metric_name
from lrec.reporting.page import line_colours, render
from lrec.reporting.page.axis import Axis

LABEL = 7.0  # percent of a plot's height that a label takes
# Metrics that are plotted against accuracy, at the longest list.
BEYOND = ("item_coverage_sub", "novelty")


def page(comparison: Comparison, facts: Mapping[str, Any]) -> str:
    """HTML of a comparison.

    Args:
        facts: for its readers, and to repeat it.
    """
    others = comparison.models[1:]
    order = next((names for names in comparison.bucketings.values() if names), [ALL])
    low, high = order[0], order[-1]
    return render(
        Path(__file__).with_name("page.html"),
        comparison=comparison,
        facts=facts,
        sentences=headline(comparison, facts["buckets"]),
        models=comparison.models,
        buckets=buckets(comparison),
        colours=line_colours(comparison.models),
        others=others,
        low=low,
        high=high,
        forest=forest(comparison),
        heat=[(model, heat(comparison, model)) for model in others],
        trade=trade(comparison, low, high) if low != high else None,
        beyond=[
            beyond(comparison, name, low) for name in metrics_of(comparison) if is_beyond(name)
        ],
        served=[] if comparison.served is None else comparison.served.to_dict("records"),
    )


def buckets(comparison: Comparison) -> list[str]:
    """Buckets in the order of the page: the least active first, all users last."""
    return sorted(comparison.buckets, key=lambda bucket: bucket == ALL)


def forest(comparison: Comparison) -> dict[str, Any]:
    """Differences to the baseline with their intervals, by bucket, on one axis."""
    rows = {
        bucket: [
            comparison.row(model, comparison.primary, bucket) for model in comparison.models[1:]
        ]
        for bucket in buckets(comparison)
    }
    bounds = [row[key] for group in rows.values() for row in group for key in ("low", "high")]
    axis = Axis.over(bounds, zero=True)
    return {"axis": axis, "groups": rows}


def metrics_of(comparison: Comparison) -> list[str]:
    """The primary metric, then every other at the longest list only, as the page has them."""
    names = list(comparison.directions)
    longest = max(list_lengths(names), default=None)
    return [names[0], *(n for n in names[1:] if list_lengths([n]) in ([], [longest]))]


def heat(comparison: Comparison, model: str) -> list[dict[str, Any]]:
    """Rows of metrics, a cell for each bucket: the difference to the baseline, and its side.

    The strength of a colour is the root of the effect size, full from one standard deviation of
    the users' differences; set metrics, which have none, are half coloured where their interval
    leaves 0.
    """
    rows = []
    for metric in metrics_of(comparison):
        direction = comparison.directions[metric]
        cells = []
        for bucket in buckets(comparison):
            row = comparison.find(model, metric, bucket)
            cells.append(None if row is None else {**row, **_colour(row, direction)})
        if any(cell is not None and cell["value"] is not None for cell in cells):
            rows.append({"metric": metric, "cells": cells})
    return rows


def trade(comparison: Comparison, low: str, high: str) -> dict[str, Any]:
    """Differences of each model for the least active against those for the most active users."""
    points = []
    for model in comparison.models[1:]:
        x = comparison.row(model, comparison.primary, high)
        y = comparison.row(model, comparison.primary, low)
        if x["difference"] is not None and y["difference"] is not None:
            points.append(
                {
                    "name": model,
                    "x": (x["low"], x["difference"], x["high"]),
                    "y": (y["low"], y["difference"], y["high"]),
                }
            )
    name = metric_name(comparison.primary)
    return _scatter(points, f"{name}, {high}: difference", f"{name}, {low}: difference", zero=True)


def is_beyond(metric: str) -> bool:
    """True for a metric that is plotted against accuracy."""
    return metric.rpartition("_at_")[0] in BEYOND


def beyond(comparison: Comparison, metric: str, bucket: str) -> dict[str, Any]:
    """Accuracy of every model against another quality of its lists, for one bucket."""
    points = []
    for model in comparison.models:
        x = comparison.find(model, metric, bucket)
        y = comparison.row(model, comparison.primary, bucket)
        if x is not None and x["value"] is not None and y["value"] is not None:
            points.append({"name": model, "x": (x["value"],) * 3, "y": (y["value"],) * 3})
    horizontal = f"{metric_name(metric)}, {bucket}"
    return _scatter(points, horizontal, f"{metric_name(comparison.primary)}, {bucket}", zero=False)


def _scatter(
    points: Sequence[dict[str, Any]], horizontal: str, vertical: str, zero: bool
) -> dict[str, Any]:
    y = Axis.over([v for point in points for v in point["y"]], zero=zero)
    tags = apart([y.at(point["y"][1]) for point in points])
    return {
        "x": Axis.over([v for point in points for v in point["x"]], zero=zero),
        "y": y,
        "points": [{**point, "tag": tag} for point, tag in zip(points, tags, strict=True)],
        "horizontal": horizontal,
        "vertical": vertical,
        "zero": zero,
    }


def apart(heights: Sequence[float]) -> list[float]:
    """Move heights, in percent, up until no two labels there overlap."""
    moved = [0.0] * len(heights)
    free = -math.inf
    for index in sorted(range(len(heights)), key=lambda index: heights[index]):
        moved[index] = max(heights[index], free)
        free = moved[index] + LABEL
    return [round(height, 2) for height in moved]


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
