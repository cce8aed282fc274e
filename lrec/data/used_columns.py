"""Record of the columns that a table was read by, and of those that nothing was read from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lrec.base.errors import listed


@dataclass(frozen=True)
class UsedColumns:
    """Columns of a table, and their roles.

    Attributes:
        chosen: column of each role, such as user or timestamp.
        unused: the others.
    """

    chosen: Mapping[str, str]
    unused: tuple[str, ...] = ()

    @classmethod
    def of(cls, chosen: Mapping[str, str], columns: Iterable[str]) -> UsedColumns:
        """The roles of some of a table's columns."""
        used = set(chosen.values())
        return cls(dict(chosen), tuple(column for column in columns if column not in used))

    def __str__(self) -> str:
        text = listed(f"{role}={column}" for role, column in self.chosen.items())
        return f"{text}; not used: {listed(self.unused)}" if self.unused else text


def without_times(split: str, columns: UsedColumns | None) -> str:
    """The problem of data without times, for a split that needs each user's order.

    Args:
        split: its name.
        columns: of the data, if it comes from a table.
    """
    found = ""
    if columns is not None:
        found = f" (its columns: {listed((*columns.chosen.values(), *columns.unused))})"
    return (
        f"split={split} needs to know which interaction came first, and the data has no "
        f"timestamps{found}. Name their column in dataset.timestamp, or use split=ratio."
    )
