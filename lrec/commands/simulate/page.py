"""The page of a simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lrec.commands.simulate.results import SimulationResults
from lrec.commands.simulate.sentences import sentences
from lrec.reporting.formatting import users_of
from lrec.reporting.page import line_colours, render
from lrec.reporting.page.line_chart import Line, line_chart
from lrec.reporting.page.svg import Chart

Row = dict[str, Any]
PLOTS = {
    "activated": "Active: users with {active} items or more",
    "hit": "Reached: users who have accepted anything",
    "drift": "Drift: popularity of what is shown",
    "item_coverage": "Coverage: shown to equally many users",
}

UNITS = {
    "activated": "% of users",
    "hit": "% of users",
    "drift": "percentiles since round 1",
    "item_coverage": "% of catalogue",
}


def page(results: SimulationResults, facts: Mapping[str, Any]) -> str:
    """HTML of a simulation.

    Args:
        facts: for its readers, and to repeat it.
    """
    rounds, summary = results.records("rounds"), results.records("summary")
    models = list(dict.fromkeys(row["model"] for row in summary))
    buckets = list(dict.fromkeys(row["bucket"] for row in summary))
    colours = line_colours(models)
    parts = []
    for bucket in buckets:
        ends = [row for row in summary if row["bucket"] == bucket]
        course = [row for row in rounds if row["bucket"] == bucket]
        shown = [key for key in PLOTS if has_content(course, key)]
        parts.append(
            {
                "bucket": bucket,
                "meaning": users_of(bucket, facts["buckets"][bucket])
                if bucket in facts["buckets"]
                else "",
                "users": ends[0]["users"],
                "attainable": ends[0]["attainable"],
                "charts": [chart(course, rounds, key, bucket, colours, facts) for key in shown],
                "left_out": [title(key, facts) for key in PLOTS if key not in shown],
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
        competing=facts["models"],
        sentences=sentences(results, facts),
        parts=parts,
    )


def percent(rows: Sequence[Row], key: str) -> list[float | None]:
    """A column in percent."""
    return [None if row[key] is None else 100 * row[key] for row in rows]


def has_content(rows: Sequence[Row], key: str) -> bool:
    """True if a column has different values: a chart of one value shows nothing."""
    return len({row[key] for row in rows if row[key] is not None}) > 1


def title(key: str, facts: Mapping[str, Any]) -> str:
    """The title of a chart."""
    return PLOTS[key].format(active=facts["active"])


def chart(
    rows: Sequence[Row],
    every: Sequence[Row],
    key: str,
    bucket: str,
    colours: Mapping[str, str],
    facts: Mapping[str, Any],
) -> Chart:
    """A line for each model, by round.

    Args:
        rows: of one bucket.
        every: of all buckets, whose charts share an axis.
    """
    lines = []
    for model, colour in colours.items():
        values = percent([row for row in rows if row["model"] == model], key)
        lines.append(Line(model, colour, values, dashed=model not in facts["models"]))
    steps = [str(index + 1) for index in range(facts["rounds"])]
    name = f"{key}_{bucket}"
    words = title(key, facts)
    titles = ("round", UNITS[key])
    return line_chart(name, words, lines, steps, titles, percent(every, key), full=False)
