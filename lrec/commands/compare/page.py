"""The page of a comparison."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from lrec.commands.compare.charts import Charts, edges, metrics_of
from lrec.commands.compare.course import course_sentences, kind_of
from lrec.commands.compare.sentences import headline
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.group_fairness import MEASURES
from lrec.reporting.formatting import users_of
from lrec.reporting.page import render


def page(comparison: Comparison, facts: Mapping[str, Any], charts: Charts) -> str:
    """HTML of a comparison.

    Args:
        facts: for its readers, and to repeat it.
    """
    low, high = edges(comparison)
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
        values=charts.values,
        differences=charts.differences,
        heat=[(model, heat(comparison, model, facts["plain"])) for model in comparison.models[1:]],
        metrics=metrics_of(comparison),
        scatters=charts.scatters,
        served=charts.served,
        kind=kind_of(comparison.parts),
        course=course_sentences(comparison, facts["buckets"]),
        course_charts=charts.course,
        items=charts.items,
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
