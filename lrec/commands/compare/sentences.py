"""A comparison in sentences."""

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
from lrec.reporting.formatting import metric_name, number, relative, signed


def headline(comparison: Comparison, edges: Mapping[str, str]) -> list[str]:
    """A sentence on the least active users, and one on the most active.

    Args:
        edges: bucket -> its meaning, in words.
    """
    order = next((names for names in comparison.bucketings.values() if names), ["all"])
    return [
        bucket_sentence(comparison, bucket, edges)
        for bucket in dict.fromkeys(order[:1] + order[-1:])
    ]


def bucket_sentence(comparison: Comparison, bucket: str, edges: Mapping[str, str]) -> str:
    """The verdicts by the primary metric in one bucket."""
    base = comparison.row(comparison.baseline, comparison.primary, bucket)
    others = [model for model in comparison.models if model != comparison.baseline]
    rows = [comparison.row(model, comparison.primary, bucket) for model in others]
    meaning = "; ".join([*([edges[bucket]] if bucket in edges else []), f"{base['users']:,} users"])
    group = f"For {'everybody' if bucket == ALL else f'the {bucket}'} ({meaning})"
    if any(row["verdict"] == TOO_FEW for row in rows):
        return f"{group} there is no verdict: they are too few."
    direction = comparison.directions[comparison.primary]
    clauses = []
    for verdict, words in ((BETTER, "better"), (WORSE, "worse")):
        decided = [row for row in rows if row["verdict"] == verdict]
        decided.sort(key=lambda row: -direction * row["difference"])
        if decided:
            verb = "is" if len(decided) == 1 else "are"
            gains = _join([_with_gain(row) for row in decided])
            clauses.append(f"{gains} {verb} {words} than {comparison.baseline}")
    unsure = [row for row in rows if row["verdict"] == UNDECIDED]
    if unsure:
        verb = "is" if len(unsure) == 1 else "are"
        least = number(max(row["detectable"] for row in unsure))
        clauses.append(
            f"{_join([row['model'] for row in unsure])} {verb} undecided, where a difference of "
            f"{least} would probably have shown"
        )
    value = f"{metric_name(comparison.primary)} of {comparison.baseline} is {number(base['value'])}"
    return f"{group}, {'; '.join(clauses)}. The {value}."


def _with_gain(row: Mapping[str, Any]) -> str:
    """A model and its difference to the baseline."""
    gain = f", {relative(row)}" if relative(row) else ""
    low, high = signed(row["low"]), signed(row["high"])
    return f"{row['model']} ({signed(row['difference'])}{gain}; {low} to {high})"


def _join(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
