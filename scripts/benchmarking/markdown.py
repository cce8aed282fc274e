"""Markdown: tables, numbers, and the parts of a page between markers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A table, all columns but the first ones aligned right."""
    rule = ["---"] * left + ["---:"] * (len(heads) - left)
    lines = [heads, *rows]
    body = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([body[0], f"|{'|'.join(rule)}|", *body[1:]])


def seconds(value: float | None) -> str:
    """Three digits are all that a measurement is worth."""
    if value is None:
        return "–"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:.{digits}f} s"


def gigabytes(value: float | None) -> str:
    return f"{value / 2**30:.1f} GB" if value else "–"


def times(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}×" if value < 100 else f"{value:.0f}×"


def between(page: str, name: str, text: str) -> str:
    """A page with the text between its markers of that name replaced.

    Raises:
        ValueError: the page has no such markers.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the page has no markers of {name!r}: {begin} … {end}")
    return pattern.sub(lambda _: f"{begin}\n{text}\n{end}", page)
