"""The page of revealed histories."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lrec.commands.reveal.curves import Curves
from lrec.commands.reveal.sentences import bounded, lead_sentences, summary
from lrec.evaluation.references import ORACLE
from lrec.reporting.formatting import metric_name
from lrec.reporting.page import line_colours, render
from lrec.reporting.page.line_chart import Line, line_chart


def page(curves: Curves, facts: Mapping[str, Any]) -> str:
    """HTML of curves, those over the shortest histories first.

    Args:
        facts: for their readers, and to repeat them.
    """
    models = list(dict.fromkeys(curves.points["model"]))
    colours, shortest = line_colours(models), curves.cohorts[0]
    return render(
        Path(__file__).with_name("page.html"),
        facts=facts,
        models=models,
        sentences=[*summary(curves), *lead_sentences(curves, shortest)],
        parts=[part(curves, cohort, colours, facts["primary"]) for cohort in curves.cohorts],
        natural=[natural(curves, model, colours[model], facts["primary"]) for model in models],
        bounded=bounded,
    )


def part(curves: Curves, cohort: int, colours: Mapping[str, str], primary: str) -> dict[str, Any]:
    """One cohort: a line for each model with its band, the winners and the summary."""
    points = curves.points[curves.points["cohort"] == cohort]
    lengths = [int(n) for n in points["n"].unique()]
    users = int(points["users"].iloc[0])
    rows = {m: points[points["model"] == m].to_dict("records") for m in colours}
    lines = [
        Line(
            model,
            colours[model],
            *_columns(rows[model]),
            dashed=model == ORACLE,
            dashed_until=_first_own(rows[model]),
        )
        for model in colours
    ]
    name = metric_name(primary)
    title = f"{name} of {users:,} people with {cohort} items or more, by items shown"
    steps = list(map(str, lengths))
    winners = curves.winners
    chosen = winners[winners["cohort"] == cohort].to_dict("records") if len(winners) else []
    return {
        "cohort": cohort,
        "users": users,
        "lengths": lengths,
        "rows": rows,
        "chart": line_chart(
            f"{name}_shown_{cohort}", title, lines, steps, ("items shown of a history", name)
        ),
        "winners": {row["n"]: row for row in chosen},
        "summary": curves.summary[curves.summary["cohort"] == cohort].to_dict("records"),
        # those on the shortest histories open the page
        "sentences": lead_sentences(curves, cohort) if cohort != curves.cohorts[0] else [],
    }


def natural(curves: Curves, model: str, colour: str, primary: str) -> dict[str, Any]:
    """One model: users who have few items, and users who have more and were shown as few."""
    rows = curves.natural[curves.natural["model"] == model].to_dict("records")
    filled = curves.natural.dropna(subset=["value", "cut"], how="all")
    every = filled.to_dict("records")
    drawn = [row for row in rows if row["n"] in set(filled["n"])]
    name = metric_name(primary)
    lines = [
        Line("have", colour, [row["value"] for row in drawn]),
        Line("show", colour, [row["cut"] for row in drawn], dashed=True),
    ]
    chart = line_chart(
        f"{name}_{model}_have_or_show",
        f"{model}: people who have few items, and people who have more and show as few",
        lines,
        [str(row["n"]) for row in drawn],
        ("items", name),
        values=[row[key] for row in every for key in ("value", "cut")],
        full=False,
    )
    has_content = any(line.is_drawn for line in lines)
    return {"name": model, "rows": rows, "chart": chart if has_content else None}


def _columns(
    rows: Sequence[Mapping[Hashable, Any]],
) -> tuple[list[float], list[float], list[float]]:
    value, low, high = ([row[key] for row in rows] for key in ("value", "low", "high"))
    return value, low, high


def _first_own(rows: Sequence[Mapping[Hashable, Any]]) -> int:
    """The index of the first point that is the model's own answer; their number if none is."""
    return next((index for index, row in enumerate(rows) if row["personalised"]), len(rows))
