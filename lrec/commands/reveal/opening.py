"""Curves over revealed histories in sentences, short histories first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from lrec.commands.reveal.curves import Curves
from lrec.evaluation.references import ORACLE

Row = dict[str, Any]


def summary(curves: Curves) -> list[str]:
    """Sentences on the largest cohort, whose histories are the shortest.

    The first says which model is best with how much shown, the second what each one needs.
    """
    cohort = curves.cohorts[0]
    winners: list[Row] = curves.winners.to_dict("records")  # type: ignore[assignment]
    models: list[Row] = curves.summary.to_dict("records")  # type: ignore[assignment]
    rows = [row for row in winners if row["cohort"] == cohort and row["n"] > 0]
    needs = [row for row in models if row["cohort"] == cohort and row["model"] != ORACLE]
    needed = "; ".join(f"{row['model']} {_needed(row)}" for row in needs)
    users = f"{models[0]['users']:,} people with {cohort} items or more"
    return [
        *([f"Of the {users}: {_best(rows)}."] if rows else []),
        f"Items that give 90 % of a model's best quality (95 % interval): {needed}.",
    ]


def _best(rows: Sequence[Row]) -> str:
    """The best model with each number of items shown; neighbours of one verdict together."""
    clauses = []
    for model, group in groupby(rows, lambda row: row["model"] if row["decided"] else None):
        shown = [row["n"] for row in group]
        span = f"{shown[0]} to {shown[-1]}" if len(shown) > 1 else f"{shown[0]}"
        items = "item" if shown == [1] else "items"
        verdict = f"{model} is best" if model else "no model was shown to be ahead of all others"
        clauses.append(f"with {span} {items} to go by, {verdict}")
    return "; ".join(clauses)


def _needed(row: Row) -> str:
    """Items that a model needs, with their interval; it may never get there."""
    needed, low, high = (_count(row[key]) for key in ("needed", "needed_low", "needed_high"))
    return needed if needed == "never" else f"{needed} ({low} to {high})"


def _count(n: float | None) -> str:
    return f"{n:.0f}" if n is not None and math.isfinite(n) else "never"
