"""Tables as Markdown, which MLflow shows as a run's description."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown, its first column to the left and the others to the right.

    >>> print(markdown_table(["model", "tail"], [["a|b", "0.1"]]))
    | model | tail |
    |---|---:|
    | a\\|b | 0.1 |
    """
    lines = [list(heads), *rows]
    texts = [f"| {' | '.join(map(_cell, line))} |" for line in lines]
    texts.insert(1, "|---|" + "---:|" * (len(heads) - 1))
    return "\n".join(texts)


def markdown(table: Table) -> str:
    """A terminal's table in Markdown, below its title."""
    columns = [[_plain(cell) for cell in column.cells] for column in table.columns]
    heads = [_plain(column.header) for column in table.columns]
    text = markdown_table(heads, zip(*columns, strict=True))
    return f"{_plain(table.title)}:\n\n{text}" if table.title else text


def _plain(cell: object) -> str:
    """Text without rich's markup."""
    return cell.plain if isinstance(cell, Text) else Text.from_markup(str(cell)).plain


def _cell(value: object) -> str:
    return str(value).strip().replace("|", "\\|").replace("\n", ", ")
