"""Numbers and names in print."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any


def relative(row: Mapping[str, Any]) -> str:
    """A difference in percent of the baseline's value; empty where that is 0 or negative."""
    if row["difference"] is None or not row["baseline"] or row["baseline"] < 0:
        return ""
    return f"{100 * row['difference'] / row['baseline']:+.0f} %".replace("-", "−")


def metric_name(column: str) -> str:
    """A metric's column as papers write it: ndcg@10."""
    return column.replace("_sub_at_", "_at_").replace("_at_", "@").replace("_", " ")


def number(value: float | None) -> str:
    """Three significant digits of small numbers, whole ones of large numbers."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.4f}"


def signed(value: float | None) -> str:
    """A number with its sign; a dash for None.

    >>> signed(0.25), signed(-1.5), signed(None)
    ('+0.2500', '−1.50', '–')
    """
    return "–" if value is None else ("+" if value > 0 else "") + number(value).replace("-", "−")


def probability(p: float | None) -> str:
    """A p-value with three digits; a dash for None."""
    if p is None:
        return "–"
    return "< .001" if p < 0.001 else f"{p:.3f}"


def distinguishing_words(commands: Sequence[str]) -> list[str]:
    """Command lines without the words that all of them have."""
    words = [_words(command) for command in commands]
    common = set[str]().union(*words).intersection(*words) if len(words) > 1 else set()
    return [shlex.join(word for word in line if word not in common) for line in words]


def _words(command: str) -> list[str]:
    """Words as a shell reads them; at blanks where a quote was cut off."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()
