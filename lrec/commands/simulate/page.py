"""The page of a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lrec.commands.simulate.results import SimulationResults
from lrec.commands.simulate.sentences import sentences
from lrec.reporting.page import line_colours, render
from lrec.reporting.page.axis import Axis, even_positions

Row = dict[str, Any]
PLOTS = {
    "activated": "Active: users with {active} items or more, %",
    "hit": "Reached: users who have accepted anything, %",
    "drift": "Drift: popularity of what is shown, percentiles above round 1",
    "item_coverage": "Coverage: catalogue shown to equally many users, %",
}


def page(results: SimulationResults, facts: Mapping[str, Any]) -> str:
    """HTML of a simulation.

    Args:
        facts: for its readers, and to repeat it.
    """
    rounds, summary = results.records("rounds"), results.records("summary")
    models = list(dict.fromkeys(row["model"] for row in summary))
    buckets = list(dict.fromkeys(row["bucket"] for row in summary))
    axes = {key: Axis.over(percent(rounds, key), zero=True) for key in PLOTS}
    parts = []
    for bucket in buckets:
        ends = [row for row in summary if row["bucket"] == bucket]
        course = [row for row in rounds if row["bucket"] == bucket]
        parts.append(
            {
                "bucket": bucket,
                "meaning": facts["buckets"].get(bucket),
                "users": ends[0]["users"],
                "attainable": ends[0]["attainable"],
                "plots": [plot(course, key, axes[key], models, facts) for key in PLOTS],
                "rows": [
                    row | {"last": next(r for r in reversed(course) if r["model"] == row["model"])}
                    for row in ends
                ],
            }
        )
    return render(
        Path(__file__).with_name("page.html"),
        facts=facts,
        models=models,
        colours=line_colours(models),
        competing=facts["models"],
        sentences=sentences(results, facts),
        parts=parts,
    )


def percent(rows: Sequence[Row], key: str) -> list[float | None]:
    """A column in percent."""
    return [None if row[key] is None else 100 * row[key] for row in rows]


def plot(
    rows: Sequence[Row], key: str, axis: Axis, models: Sequence[str], facts: Mapping[str, Any]
) -> Row:
    """A line for each model, by round."""
    across = even_positions(facts["rounds"])
    lines = {}
    for model in models:
        values = percent([row for row in rows if row["model"] == model], key)
        lines[model] = " ".join(
            f"{x},{100 - axis.at(value):.2f}"
            for x, value in zip(across, values, strict=True)
            if value is not None
        )
    return {
        "title": PLOTS[key].format(active=facts["active"]),
        "key": key,
        "axis": axis,
        "across": across,
        "lines": lines,
        "drawn": any(lines.values()),
    }
