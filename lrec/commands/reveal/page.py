"""The page of revealed histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lrec.commands.reveal.curves import Curves
from lrec.commands.reveal.sentences import bounded, lead_sentences
from lrec.reporting.page import line_colours, render
from lrec.reporting.page.axis import Axis, even_positions


def page(curves: Curves, facts: Mapping[str, Any]) -> str:
    """HTML of curves.

    Args:
        facts: for their readers, and to repeat them.
    """
    models = list(dict.fromkeys(curves.points["model"]))
    cohorts = list(reversed(curves.cohorts))
    return render(
        Path(__file__).with_name("page.html"),
        facts=facts,
        models=models,
        colours=line_colours(models),
        plots=[plot(curves, cohort, models) for cohort in cohorts],
        natural=[natural(curves, model) for model in models],
        bounded=bounded,
    )


def plot(curves: Curves, cohort: int, models: Sequence[str]) -> dict[str, Any]:
    """One cohort: a line for each model with its band, the winners and the summary."""
    points = curves.points[curves.points["cohort"] == cohort]
    lengths = [int(n) for n in points["n"].unique()]
    axis = Axis.over([*points["low"], *points["high"]], zero=True)
    across = even_positions(len(lengths))
    lines = []
    for model in models:
        rows = points[points["model"] == model]
        heights, own = [axis.at(v) for v in rows["value"]], rows["own"].to_numpy()
        first = int(own.argmax()) if own.any() else len(own) - 1
        lines.append(
            {
                "name": model,
                "line": _line(across[first:], heights[first:]),
                "fallback": _line(across[: first + 1], heights[: first + 1]) if first else None,
                "band": _band(across, axis, rows["low"].to_list(), rows["high"].to_list()),
                "rows": rows.to_dict("records"),
            }
        )
    winners = curves.winners
    chosen = winners[winners["cohort"] == cohort].to_dict("records") if len(winners) else []
    summary = curves.summary[curves.summary["cohort"] == cohort]
    return {
        "cohort": cohort,
        "users": int(points["users"].iloc[0]),
        "lengths": lengths,
        "across": across,
        "axis": axis,
        "lines": lines,
        "winners": {row["n"]: row for row in chosen},
        "summary": summary.to_dict("records"),
        "sentences": lead_sentences(curves, cohort),
    }


def natural(curves: Curves, model: str) -> dict[str, Any]:
    """One model: users who have few items, and users who have more and were shown as few."""
    rows = curves.natural[curves.natural["model"] == model].to_dict("records")
    axis = Axis.over(
        [row[key] for row in curves.natural.to_dict("records") for key in ("value", "cut")],
        zero=True,
    )
    across = even_positions(len(rows))
    lines = {}
    for key in ("value", "cut"):
        points = [
            (x, axis.at(row[key]))
            for x, row in zip(across, rows, strict=True)
            if row[key] is not None and row[key] == row[key]
        ]
        lines[key] = " ".join(f"{x},{100 - y:.2f}" for x, y in points)
    return {"name": model, "rows": rows, "axis": axis, "across": across, "lines": lines}


def _line(across: Sequence[float], heights: Sequence[float]) -> str:
    return " ".join(f"{x},{100 - y:.2f}" for x, y in zip(across, heights, strict=True))


def _band(across: Sequence[float], axis: Axis, low: Sequence[float], high: Sequence[float]) -> str:
    above = _line(across, [axis.at(v) for v in high])
    below = _line(list(reversed(across)), [axis.at(v) for v in reversed(low)])
    return f"{above} {below}"
