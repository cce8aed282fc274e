"""A comparison in sentences that need no statistics to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lrec.evaluation.bucket import ALL
from lrec.evaluation.comparison.comparison import (
    BETTER,
    TOO_FEW,
    UNDECIDED,
    WORSE,
    Comparison,
)
from lrec.evaluation.comparison.lead import Lead
from lrec.evaluation.metric import metric_of
from lrec.reporting.formatting import joined, metric_name, number, relative, signed, users_of

# Metrics of which more means that more of what people chose later is in their lists.
FINDING = ("recall", "precision", "ndcg", "hit", "mrr", "map", "epc")


def headline(
    comparison: Comparison, edges: Mapping[str, str], best_simple: bool = True
) -> list[str]:
    """A sentence on the least active users, and one on the most active; else one on all.

    Args:
        edges: bucket -> its meaning, in words.
        best_simple: True if the baseline is the best of the simple models, False if it was named.
    """
    order = comparison.order
    return [
        bucket_sentence(comparison, bucket, edges, best_simple)
        for bucket in dict.fromkeys(order[:1] + order[-1:])
    ]


def bucket_sentence(
    comparison: Comparison, bucket: str, edges: Mapping[str, str], best_simple: bool
) -> str:
    """The model that serves a bucket best, then the verdicts: better, worse and undecided apart."""
    base = comparison.row(comparison.baseline, comparison.primary, bucket)
    others = [model for model in comparison.models if model != comparison.baseline]
    rows = [comparison.row(model, comparison.primary, bucket) for model in others]
    group = "everybody" if bucket == ALL else users_of(bucket, edges.get(bucket, ""))
    group = f"For {group} ({base['users']:,} in the test)"
    if any(row["verdict"] == TOO_FEW for row in rows):
        return f"{group} there is no verdict: they are too few."
    rows.sort(key=lambda row: -comparison.directions[comparison.primary] * row["difference"])
    of = {v: [r for r in rows if r["verdict"] == v] for v in (BETTER, WORSE, UNDECIDED)}
    than = comparison.baseline + (
        ", the simple model that was best on validation" if best_simple else ""
    )
    lead = comparison.leads.get(bucket)
    if of[BETTER]:
        clauses = [_gains(comparison, of[BETTER], f" than {than}")]
        if lead is not None and lead.shown:
            clauses[0] = clauses[0].replace(f"{lead.first} ", "it ", 1)
    else:
        clauses = [f"no model was shown to be better than {than}"]
    if of[WORSE]:
        clauses.append(_gains(comparison, of[WORSE], ""))
    if of[UNDECIDED]:
        names = (
            "" if len(of[UNDECIDED]) == len(rows) else joined([r["model"] for r in of[UNDECIDED]])
        )
        clauses.append(_undecided(of[UNDECIDED], names))
    return f"{group}, {'' if lead is None else _leading(lead, len(rows) == 1)}{'; '.join(clauses)}."


def _leading(lead: Lead, alone: bool) -> str:
    """The model that serves best, or the two of which one does.

    Args:
        alone: True if there are no others, so that the verdict tells their difference.
    """
    if lead.shown:
        return f"{lead.first} serves best: "
    bounds = f"{signed(lead.low)} to {signed(lead.high)}"
    apart = f" ({lead.first} differs by {signed(lead.difference)}; 95 %: {bounds})"
    return f"it is open whether {lead.first} or {lead.second} serves best{'' if alone else apart}: "


def _gains(comparison: Comparison, rows: Sequence[Mapping[str, Any]], than: str) -> str:
    """Models that are better, or that are worse, and by how much."""
    finds = metric_of(comparison.primary) in FINDING
    verb = "finds" if finds else f"has a {metric_name(comparison.primary)} that is"
    words = ("more", "less") if finds else ("higher", "lower")
    gains: list[str] = []
    for row in rows:
        share = relative(row).lstrip("+−")
        share = "under 1 %" if share == "0 %" else share
        word = words[row["difference"] < 0]
        lead = f" {verb}" if not gains else ""
        after = than if not gains else ""
        amount = f"{share} {word}" if share else word
        gains.append(f"{row['model']}{lead} {amount}{after} ({_with_interval(row)})")
    return joined(gains)


def _undecided(rows: Sequence[Mapping[str, Any]], names: str) -> str:
    """Models without a shown difference, and how large one would have had to be."""
    largest = max(rows, key=lambda row: abs(row["difference"]))
    shown = number(max(row["detectable"] for row in rows))
    of = "" if len(rows) == 1 and names else f", of {largest['model']}"
    lead = f"for {names} no difference was shown, " if names else ""
    what = "the difference" if len(rows) == 1 else "the largest difference"
    return (
        f"{lead}{what} is {signed(largest['difference'])} ({_interval(largest)}{of}), where one of "
        f"{shown} would probably have shown"
    )


def _with_interval(row: Mapping[str, Any]) -> str:
    return f"{signed(row['difference'])}; 95 %: {_interval(row)}"


def _interval(row: Mapping[str, Any]) -> str:
    return f"{signed(row['low'])} to {signed(row['high'])}"
