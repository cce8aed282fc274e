"""Layout of a table of interactions: its separator, its header, and the meaning of its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrec.base.errors import DataError, listed
from lrec.data.tables.columns import (
    BEHAVIORS,
    ITEMS,
    RATINGS,
    TIMES,
    USERS,
    find_column,
    names,
    numbers,
)
from lrec.data.tables.reading import Source, read_table
from lrec.data.tables.times import TimeUnit, check_time_format, seconds

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class TableFormat:
    """Settings by which a table of interactions is read.

    Attributes:
        user, item, rating, timestamp, behavior: column names. `auto` takes the column with a usual
            name (user_id, userId, …), if there is one; None takes none.
        time_unit: of timestamps that are numbers.
        time_format: of all timestamps, in strptime's directives, or `excel`; None recognises unix
            times, ISO dates and compact dates (20210301).
        separator: of a text file; None means a tab for .tsv and a comma else.
        header: True if the first line names the columns; else they are called 0, 1, 2, …
        known: column of the time since when a pair is known to a model that goes on learning.

    Raises:
        ValueError: `separator` is more than one character, repeated or not, or `time_format` is
            no format.
    """

    user: str
    item: str
    rating: str | None = None
    timestamp: str | None = None
    behavior: str | None = None
    time_unit: TimeUnit = "s"
    time_format: str | None = None
    separator: str | None = None
    header: bool = True
    known: str | None = None

    def __post_init__(self) -> None:
        check_time_format(self.time_format)
        if self.separator is not None and len(set(self.separator)) != 1:
            raise ValueError(
                "separator must be one character, or one repeated, as `::`. "
                f"Received: {self.separator!r}"
            )

    def cells(self, path: Source) -> pd.DataFrame:
        """The table as it is, every column as text.

        Raises:
            DataError: the file is empty or is not such a table.
        """
        return read_table(path, self.separator, self.header)

    def read(self, path: Source, clock: bool = True) -> pd.DataFrame:
        """The table with the columns of `FileDataset.read`.

        Args:
            clock: False where timestamps are positions in a user's history, not times.

        Raises:
            DataError: a column is not there, or holds what it must not.
        """
        import pandas as pd

        frame = self.cells(path)
        table = pd.DataFrame(index=frame.index)
        for name, chosen, usual in (("user", self.user, USERS), ("item", self.item, ITEMS)):
            column = find_column(frame, chosen, usual, f"dataset.{name}")
            if column is None:
                raise DataError(
                    f"{path} has no {name} column under a usual name. Its columns: "
                    f"{listed(frame.columns)}. Name it: dataset.{name}=<column>."
                )
            table[name] = names(frame[column], column)
        rating = self._optional(frame, "rating", self.rating, RATINGS)
        if rating is not None:
            table["rating"] = numbers(frame[rating], rating)
        timestamp = self._optional(frame, "timestamp", self.timestamp, TIMES)
        if timestamp is not None:
            table["timestamp"] = seconds(
                frame[timestamp], timestamp, self.time_unit, self.time_format, positions=not clock
            )
        behavior = self._optional(frame, "behavior", self.behavior, BEHAVIORS)
        if behavior is not None:
            table["behavior"] = names(frame[behavior], behavior)
        if self.known is not None and self.known in frame:
            table["known"] = numbers(frame[self.known], self.known)
        return table

    @staticmethod
    def _optional(
        frame: pd.DataFrame, name: str, chosen: str | None, usual: tuple[str, ...]
    ) -> str | None:
        if chosen is None:
            return None
        return find_column(frame, chosen, usual, f"dataset.{name}")
