"""A simulation in sentences: every model against popularity and random exposure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lrec.commands.simulate.results import SimulationResults
from lrec.evaluation.bucket import ALL
from lrec.evaluation.references import POPULARITY

Row = dict[str, Any]


def sentences(results: SimulationResults, facts: Mapping[str, Any]) -> dict[str, str]:
    """A sentence for each bucket: first the least active one that can come to be active.

    Args:
        facts: see `lrec.commands.simulate.command.run`.
    """
    rows: dict[str, list[Row]] = {}
    for row in results.records("summary"):
        rows.setdefault(row["bucket"], []).append(row)
    buckets = sorted(rows, key=lambda bucket: (not rows[bucket][0]["attainable"], bucket == ALL))
    return {bucket: sentence(rows[bucket], facts) for bucket in buckets}


def sentence(rows: Sequence[Row], facts: Mapping[str, Any]) -> str:
    """The share of a bucket that the controls make active, and the models by their difference."""
    by_name = {row["model"]: row for row in rows}
    popularity, control = by_name[POPULARITY], by_name[facts["control"]]
    most = control["attainable"]
    if not most:
        return f"nobody has enough held-out items to come to {facts['active']}."
    models = [row for row in rows if row["model"] in facts["models"] and row is not popularity]
    models.sort(key=lambda row: -row["activated"])
    above = [row for row in models if row["low_popularity"] > 0]
    below = [row for row in models if row["high_popularity"] < 0]
    open_ = [row for row in models if row not in above and row not in below]
    groups = {
        f"above {POPULARITY}": above,
        f"not surely above or below {POPULARITY}": open_,
        f"below {POPULARITY}": below,
    }
    clauses = [
        f"{words}: {', '.join(map(_with_difference, group))}"
        for words, group in groups.items()
        if group
    ]
    unsure = [row["model"] for row in (popularity, *models) if row["low"] <= 0]
    return (
        f"{POPULARITY} makes {popularity['activated']:.1%} active in {facts['rounds']} rounds, "
        f"{control['model']} exposure {control['activated']:.1%}; {'; '.join(clauses)}."
        + (f" Not surely above {control['model']}: {', '.join(unsure)}." if unsure else "")
        + (f" At most {most:.1%} could be." if most < 1 else "")
    )


def _with_difference(row: Row) -> str:
    """A model's share, and its difference to popularity in percentage points."""
    points = (f"{100 * row[f'{key}_popularity']:+.1f}" for key in ("difference", "low", "high"))
    difference, low, high = (value.replace("-", "−") for value in points)
    return f"{row['model']} {row['activated']:.1%} ({difference} points; {low} to {high})"
