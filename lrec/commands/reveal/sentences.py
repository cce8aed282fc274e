"""Revealed histories in sentences: the best models, what each needs, and what beats popularity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from lrec.commands.reveal.curves import Curves
from lrec.evaluation.references import POPULARITY

Row = Mapping[Any, Any]


def summary(curves: Curves) -> list[str]:
    """Sentences on the largest cohort, whose histories are the shortest.

    The first says which model is best with how much shown, the second what each one needs.
    """
    cohort = curves.cohorts[0]
    winners, models = curves.winners.to_dict("records"), curves.summary.to_dict("records")
    best = [row for row in winners if row["cohort"] == cohort and row["n"] > 0]
    needs = [row for row in models if row["cohort"] == cohort and row["competes"]]
    needed = "; ".join(f"{row['model']} {bounded(row, 'needed')}" for row in needs)
    users = f"{models[0]['users']:,} people with {cohort} items or more"
    return [
        *([f"Of the {users}: {best_by_length(best)}."] if best else []),
        f"Items that give 90 % of a model's best quality (95 % interval): {needed}.",
    ]


def best_by_length(rows: Sequence[Row]) -> str:
    """The best model with each number of items shown; neighbours of one verdict together."""
    clauses = []
    for model, group in groupby(rows, lambda row: row["model"] if row["decided"] else None):
        shown = [row["n"] for row in group]
        span = f"{shown[0]} to {shown[-1]}" if len(shown) > 1 else f"{shown[0]}"
        items = "item" if shown == [1] else "items"
        verdict = f"{model} is best" if model else "no model was shown to be ahead of all others"
        clauses.append(f"with {span} {items} to go by, {verdict}")
    return "; ".join(clauses)


def lead_sentences(curves: Curves, cohort: int) -> list[str]:
    """A sentence for each model of a cohort but popularity and the oracle."""
    points = curves.points[(curves.points["cohort"] == cohort) & curves.points["personalised"]]
    values = {
        name: dict(zip(rows["n"], rows["value"], strict=True))
        for name, rows in points.groupby("model")
    }
    rows = curves.summary[curves.summary["cohort"] == cohort].to_dict("records")
    return [
        lead_sentence(row, {n: v > values[POPULARITY][n] for n, v in values[row["model"]].items()})
        for row in rows
        if row["competes"] and not math.isnan(row["leads"]) and row["model"] in values
    ]


def lead_sentence(row: Row, above: Mapping[int, bool]) -> str:
    """The number of items from which on a model beats popularity, or that it never does.

    Args:
        row: of the summary.
        above: whether it is above popularity, by number of items, where it answers itself.
    """
    model, leads = row["model"], row["leads"]
    first, last = min(above), max(above)
    bounds = f"95 %: {count(row['leads_low'])} to {count(row['leads_high'])}"
    if math.isinf(row["leads_low"]):
        bounds = "in 95 % of the resamples and more"
    if math.isinf(leads):
        if not any(above.values()):
            return f"{model} never beats {POPULARITY} ({bounds})."
        return f"{model} never beats {POPULARITY} for good: not with {last} items ({bounds})."
    if leads == first:
        return f"{model} beats {POPULARITY} from n = {first} on, the first shown ({bounds})."
    if any(is_above for n, is_above in above.items() if n < leads):
        return f"{model} beats {POPULARITY} for good only from n = {count(leads)} on ({bounds})."
    return f"{model} never beats {POPULARITY} before n = {count(leads)} ({bounds})."


def bounded(row: Row, name: str) -> str:
    """A number of items of the summary, and its bounds."""
    if math.isinf(row[f"{name}_low"]):
        return count(row[name])
    return f"{count(row[name])} ({count(row[f'{name}_low'])}-{count(row[f'{name}_high'])})"


def count(items: float) -> str:
    """A number of items; `never` where none is enough, a dash where there is none."""
    if math.isnan(items):
        return "–"
    return "never" if math.isinf(items) else str(int(items))
