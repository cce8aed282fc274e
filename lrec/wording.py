"""A comparison in sentences, and its numbers as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lrec.bucket import ALL
from lrec.comparison import BETTER, TOO_FEW, UNDECIDED, WORSE, Comparison


def headline(comparison: Comparison, edges: Mapping[str, str]) -> list[str]:
    """A sentence on the least active users, and one on the most active.

    Args:
        edges: what each bucket means, in words.
    """
    order = next((names for names in comparison.bucketings.values() if names), ["all"])
    return [
        bucket_sentence(comparison, bucket, edges)
        for bucket in dict.fromkeys(order[:1] + order[-1:])
    ]


def bucket_sentence(comparison: Comparison, bucket: str, edges: Mapping[str, str]) -> str:
    """What the primary metric says of one bucket."""
    base = comparison.row(comparison.baseline, comparison.primary, bucket)
    others = [model for model in comparison.models if model != comparison.baseline]
    rows = [comparison.row(model, comparison.primary, bucket) for model in others]
    meaning = "; ".join([*([edges[bucket]] if bucket in edges else []), f"{base['users']:,} users"])
    who = f"For {'everybody' if bucket == ALL else f'the {bucket}'} ({meaning})"
    if any(row["verdict"] == TOO_FEW for row in rows):
        return f"{who} there is no verdict: they are too few."
    way = comparison.directions[comparison.primary]
    said = []
    for verdict, words in ((BETTER, "better"), (WORSE, "worse")):
        found = [row for row in rows if row["verdict"] == verdict]
        found.sort(key=lambda row: -way * row["difference"])
        if found:
            does = "is" if len(found) == 1 else "are"
            gains = _join([_with_gain(row) for row in found])
            said.append(f"{gains} {does} {words} than {comparison.baseline}")
    unsure = [row for row in rows if row["verdict"] == UNDECIDED]
    if unsure:
        does = "is" if len(unsure) == 1 else "are"
        least = number(max(row["detectable"] for row in unsure))
        said.append(
            f"{_join([row['model'] for row in unsure])} {does} undecided, where a difference of "
            f"{least} would probably have shown"
        )
    value = f"{metric_name(comparison.primary)} of {comparison.baseline} is {number(base['value'])}"
    return f"{who}, {'; '.join(said)}. The {value}."


def _with_gain(row: Mapping[str, Any]) -> str:
    """A model and how far it is from the baseline."""
    gain = f", {relative(row)}" if relative(row) else ""
    low, high = signed(row["low"]), signed(row["high"])
    return f"{row['model']} ({signed(row['difference'])}{gain}; {low} to {high})"


def relative(row: Mapping[str, Any]) -> str:
    """A difference in percent of the baseline's value; empty where that is 0 or negative."""
    if row["difference"] is None or not row["baseline"] or row["baseline"] < 0:
        return ""
    return f"{100 * row['difference'] / row['baseline']:+.0f} %".replace("-", "−")


def metric_name(column: str) -> str:
    """A metric's column as people write it: ndcg@10."""
    return column.replace("_sub_at_", "_at_").replace("_at_", "@").replace("_", " ")


def number(value: float | None) -> str:
    """Three significant digits of small numbers, whole ones of large numbers."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.4f}"


def signed(value: float | None) -> str:
    return "–" if value is None else ("+" if value > 0 else "") + number(value).replace("-", "−")


def probability(p: float | None) -> str:
    if p is None:
        return "–"
    return "< .001" if p < 0.001 else f"{p:.3f}"


def told_apart(commands: Sequence[str]) -> list[str]:
    """Command lines without the words that all of them have."""
    words = [command.split() for command in commands]
    common = set[str]().union(*words).intersection(*words) if len(words) > 1 else set()
    return [" ".join(word for word in line if word not in common) for line in words]


def _join(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
