"""Tables that fit a terminal: long words wrap between words, then columns go below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

PROSE = 34  # width that cells of several words are wrapped to, where one of them is longer


def in_parts(table: Table, console: Console, width: int) -> list[Table]:
    """A table in parts that fit a width; every part begins with the first column.

    No number and no name is cut: a part of two columns may be wider.
    """
    if width_of(table, console) <= width:
        return [table]
    columns = [_wrapped(column) for column in table.columns]
    parts, chosen = [], columns[:1]
    for column in columns[1:]:
        if len(chosen) > 1 and width_of(_of(table, [*chosen, column]), console) > width:
            parts.append(_of(table, chosen))
            chosen = columns[:1]
        chosen.append(column)
    return [*parts, _of(table, chosen)]


def width_of(table: Table, console: Console) -> int:
    """The width of a table in which nothing is cut."""
    return Measurement.get(console, console.options.update(max_width=10_000), table).maximum


def _wrapped(column: Column) -> Column:
    """A column whose long cells of several words take several lines."""
    words = [len(word) for cell in column.cells for word in _plain(cell).split()]
    longest = max((len(_plain(cell)) for cell in column.cells), default=0)
    if column.justify == "right" or longest <= PROSE:
        return column
    return replace(column, no_wrap=False, max_width=max(PROSE, *words))


def _plain(cell: object) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell)


def _of(table: Table, columns: Sequence[Column]) -> Table:
    """The rows of a table in some of its columns; its title is left out."""
    part = Table(box=None, pad_edge=table.pad_edge)
    part.columns = [replace(column, _index=index) for index, column in enumerate(columns)]
    part.rows = table.rows
    return part
