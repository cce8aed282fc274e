"""The page of a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lrec.commands.simulate.results import SimulationResults
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
                "sentence": sentence(ends, facts),
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
        parts=parts,
    )


def sentence(rows: Sequence[Row], facts: Mapping[str, Any]) -> str:
    """The share of a bucket that each model makes active, and the models not above the control."""
    (control,) = (row for row in rows if row["model"] == facts["control"])
    competing = [row for row in rows if row["model"] in facts["models"]]
    competing.sort(key=lambda row: -row["activated"])
    shares = ", ".join(f"{row['model']} {row['activated']:.1%}" for row in competing)
    most = control["attainable"]
    if not most:
        return f"nobody has enough held-out items to come to {facts['active']}."
    unsure = [row["model"] for row in competing if row["low"] <= 0]
    return (
        f"active after {facts['rounds']} rounds: {shares}; {control['model']} exposure "
        f"{control['activated']:.1%}."
        + (f" At most {most:.1%} could be." if most < 1 else "")
        + (f" Not surely above {control['model']}: {', '.join(unsure)}." if unsure else "")
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
