"""The course of a comparison over windows of time, folds or split seeds: sentences and charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrec.evaluation.bucket import ALL
from lrec.evaluation.comparison.comparison import Comparison
from lrec.reporting.formatting import metric_name, users_of
from lrec.reporting.page import line_colours
from lrec.reporting.page.line_chart import Line, LineChart, line_chart

WINDOW, FOLD = "window", "fold"


def kind_of(parts: list[str]) -> str:
    """The word for the parts of the data: `window`, `fold`, or `part` of others and of both.

    >>> kind_of(["window 0", "window 1"]), kind_of(["fold 0, split seed 1", "fold 1, split seed 1"])
    ('window', 'part')
    """
    kinds = {part.rpartition(" ")[0] for part in parts}
    return next((kind for kind in (WINDOW, FOLD) if kinds == {kind}), "part")


def course_sentences(comparison: Comparison, edges: Mapping[str, str]) -> list[str]:
    """A sentence for the least active users and one for the most active; none over a single part.

    Args:
        edges: bucket -> its meaning, in words.
    """
    if not comparison.parts:
        return []
    return [_sentence(comparison, bucket, edges) for bucket in _buckets(comparison)]


def _sentence(comparison: Comparison, bucket: str, edges: Mapping[str, str]) -> str:
    """The number of windows in which each model is ahead of the baseline and behind it."""
    kind, direction = kind_of(comparison.parts), comparison.directions[comparison.primary]
    group = "everybody" if bucket == ALL else users_of(bucket, edges.get(bucket, ""))
    clauses: list[str] = []
    n = 0
    for model in comparison.models[1:]:
        rows = [row for row in _rows(comparison, bucket, model) if row["difference"] is not None]
        n = max(n, len(rows))
        ahead, behind = (
            f"{sum(sign * row['difference'] > 0 for row in rows)} "
            f"({sum(_is_whole(row, sign) for row in rows)})"
            for sign in (direction, -direction)
        )
        of = f" of {comparison.baseline}" if not clauses else ""
        clauses.append(f"{model} is ahead{of} in {ahead} and behind in {behind}")
    return (
        f"Of {n} {kind}s, for {group} (in brackets: with the whole 95 % interval on that side of "
        f"0): {'; '.join(clauses)}."
    )


def _is_whole(row: Mapping[str, Any], sign: int) -> bool:
    """True if a difference of this sign has its interval on the same side of 0."""
    return row["low"] is not None and min(sign * row["low"], sign * row["high"]) > 0


def course_charts(comparison: Comparison) -> list[LineChart]:
    """Differences to the baseline by window, with their intervals; none where nothing is in time.

    One chart for the least active users and one for the most active, on one scale.
    """
    if kind_of(comparison.parts) != WINDOW:
        return []
    colours, name = line_colours(comparison.models), metric_name(comparison.primary)
    base = comparison.baseline
    zero = Line(base, colours[base], [0.0] * len(comparison.parts), dashed=True)
    lines = {
        bucket: [
            *(_line(comparison, bucket, model, colours[model]) for model in comparison.models[1:]),
            zero,
        ]
        for bucket in _buckets(comparison)
    }
    values = [
        value
        for of_bucket in lines.values()
        for line in of_bucket
        for part in (line.values, line.low, line.high)
        for value in part
    ]
    steps = [part.removeprefix(f"{WINDOW} ") for part in comparison.parts]
    return [
        line_chart(
            f"{name}_{bucket}_by_window",
            f"{bucket}: difference to {base} in {name} by window.",
            of_bucket,
            steps,
            (f"{WINDOW}, oldest first", f"{name}, {bucket}: difference"),
            values,
            full=False,
        )
        for bucket, of_bucket in lines.items()
    ]


def _line(comparison: Comparison, bucket: str, model: str, colour: str) -> Line:
    rows = {row["part"]: row for row in _rows(comparison, bucket, model)}
    columns = {
        column: [rows[part][column] if part in rows else None for part in comparison.parts]
        for column in ("difference", "low", "high")
    }
    return Line(model, colour, columns["difference"], columns["low"], columns["high"])


def _buckets(comparison: Comparison) -> list[str]:
    """The least active users and the most active; all where no bucketing has an order."""
    return list(dict.fromkeys([comparison.order[0], comparison.order[-1]]))


def _rows(comparison: Comparison, bucket: str, model: str) -> list[dict[str, Any]]:
    return [
        row
        for row in comparison.course_records
        if row["bucket"] == bucket and row["model"] == model
    ]
