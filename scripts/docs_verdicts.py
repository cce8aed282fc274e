"""Markdown tables for docs/ from the JSON files of `lrec compare` and `lrec reveal`.

python scripts/docs_verdicts.py outputs/…/comparison.json outputs/…/reveal.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SIGNS = {"better": "▲", "worse": "▼", "undecided": "≈"}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    for path in parser.parse_args(argv).files:
        content = json.loads(path.read_text())
        table = compared if "rows" in content else revealed
        print(table(content), end="\n\n")


def compared(content: dict[str, Any]) -> str:
    """The primary metric: a row for each model, a column for each bucket."""
    rows = [row for row in content["rows"] if row["metric"] == content["primary"]]
    buckets = list(dict.fromkeys(row["bucket"] for row in rows))
    users = {row["bucket"]: row["users"] for row in rows}
    edges = content["buckets"]
    heads = [f"{b} ({edges[b] + ', ' if b in edges else ''}{users[b]:,})" for b in buckets]
    lines = [f"| | {' | '.join(heads)} |", "|---|" + "---:|" * len(buckets)]
    for model in dict.fromkeys(row["model"] for row in rows):
        own = {row["bucket"]: row for row in rows if row["model"] == model}
        lines.append(f"| {model} | {' | '.join(cell(own[b]) for b in buckets)} |")
    return "\n".join([*content["headline"], "", *lines])


def cell(row: dict[str, Any]) -> str:
    """Value, verdict, difference and its interval."""
    value = short(row["value"])
    if row["difference"] is None:
        return value
    sign = SIGNS.get(row["verdict"], "")
    low, high = signed(row["low"]), signed(row["high"])
    return f"{value} {sign} {signed(row['difference'])} ({low} to {high})"


def revealed(content: dict[str, Any]) -> str:
    """The longest curves: a row for each model, a column for each number of items shown."""
    cohort = content["cohorts"][-1]
    points = [row for row in content["points"] if row["cohort"] == cohort]
    summary = {row["model"]: row for row in content["summary"] if row["cohort"] == cohort}
    shown = list(dict.fromkeys(row["n"] for row in points))
    users = f"{points[0]['users']:,} users with {cohort} items or more"
    lines = [
        f"| {users} | {' | '.join(map(str, shown))} | n* | beats popularity from | mean of 1 to 8 |"
    ]
    lines.append("|---|" + "---:|" * (len(shown) + 3))
    for model, row in summary.items():
        own = [point for point in points if point["model"] == model]
        values = [short(p["value"]) if p["personalised"] else f"({short(p['value'])})" for p in own]
        needed, leads = items(row, "needed"), "" if model == "popularity" else items(row, "leads")
        lines.append(
            f"| {model} | {' | '.join(values)} | {needed} | {leads} | {short(row['area'])} |"
        )
    best = {
        row["n"]: row["model"] if row["decided"] else f"{row['model']} / {row['second']}"
        for row in content["winners"]
        if row["cohort"] == cohort
    }
    lines.append(f"| best | {' | '.join(best.get(n, '') for n in shown)} | | | |")
    return "\n".join(lines)


def items(row: dict[str, Any], name: str) -> str:
    """A number of items with its bounds; JSON has null where none is enough."""
    value, low, high = (
        "never" if row[key] is None else f"{row[key]:g}"
        for key in (name, f"{name}_low", f"{name}_high")
    )
    return value if low == "never" else f"{value} ({low}–{high})"


def short(value: float) -> str:
    return f"{value:.4f}".replace("0.", ".", 1)


def signed(value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + short(abs(value))


if __name__ == "__main__":
    main()
