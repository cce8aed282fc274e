"""Revealed histories in sentences: from how many items on a model beats popularity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lrec.commands.reveal.curves import Curves
from lrec.evaluation.references import POPULARITY


def lead_sentences(curves: Curves, cohort: int) -> list[str]:
    """A sentence for each model of a cohort but popularity and the oracle."""
    points = curves.points[(curves.points["cohort"] == cohort) & curves.points["own"]]
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


def lead_sentence(row: Mapping[Any, Any], above: Mapping[int, bool]) -> str:
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


def bounded(row: Mapping[Any, Any], name: str) -> str:
    """A number of items of the summary, and its bounds."""
    if math.isinf(row[f"{name}_low"]):
        return count(row[name])
    return f"{count(row[name])} ({count(row[f'{name}_low'])}-{count(row[f'{name}_high'])})"


def count(items: float) -> str:
    """A number of items; `never` where none is enough, a dash where there is none."""
    if math.isnan(items):
        return "–"
    return "never" if math.isinf(items) else str(int(items))
