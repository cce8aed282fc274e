"""Layout of a table of interactions: its separator, its header, and the meaning of its columns."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from lrec.base.errors import DataError, listed
from lrec.data.ready_made.item_lists import LISTED, Layout, expanded, list_column, read_lists
from lrec.data.ready_made.part_files import part_codes
from lrec.data.tables.columns import (
    BEHAVIORS,
    ITEMS,
    RATINGS,
    TIMES,
    USERS,
    find_column,
    names,
    numbers,
    with_points,
)
from lrec.data.tables.far_times import notes_on_far_times
from lrec.data.tables.missing_values import MissingValues, check_missing_values, without
from lrec.data.tables.odd_ids import notes_on_ids
from lrec.data.tables.odd_ratings import notes_on_ratings
from lrec.data.tables.opening import Source, check_encoding
from lrec.data.tables.reading import read_table
from lrec.data.tables.text.dialect import recognised_separator, separator_name, typed_separator
from lrec.data.tables.text.headerless import layout_note, may_lack_header, recognised_layout
from lrec.data.tables.text.plain_text import Kinds
from lrec.data.tables.time_column import time_column
from lrec.data.tables.times import TimeUnit, check_time_format, seconds
from lrec.data.used_columns import UsedColumns

if TYPE_CHECKING:
    import pandas as pd

Decimal = Literal["point", "comma", ".", ","]
DECIMALS: dict[Decimal, str] = {"point": ".", "comma": ",", ".": ".", ",": ","}
AUTO = "auto"  # a usual name
PLACES = "places"  # attribute of a table without a header: the number of each role's column
ROLES = {
    "user": USERS,
    "item": ITEMS,
    "rating": RATINGS,
    "timestamp": TIMES,
    "behavior": BEHAVIORS,
}


@dataclass(frozen=True, kw_only=True)
class TableFormat:
    """Settings by which a table of interactions is read.

    Attributes:
        user, item, rating, timestamp, behavior: column names. `auto` takes the column with a usual
            name (user_id, userId, …), if there is one; None takes none.
        time_unit: of timestamps that are numbers.
        time_format: of all timestamps, in strptime's directives, or `excel`; None recognises unix
            times, ISO dates and compact dates (20210301).
        separator: of a text file, itself or its name (tab, space, …); None recognises it.
        header: True if the first line names the columns; else they are called 0, 1, 2, …
        known: column of the time since when a pair is known to a model that goes on learning.
        part: column of the part of a ready-made split, see `part_codes`.
        layout: `rows`, one for each interaction; `lists`, lines of a user and items; or
            `sequences`, rows of a list of items and the item that comes next.
        quoted: True if quotes may enclose a value; else they belong to it.
        encoding: of a text file; None recognises UTF-8, UTF-16 and Windows-1252.
        missing_values: cells that stand for an empty one: a list for ratings, or lists by role,
            such as {rating: [0], user: [NA]}.
        decimal: sign before the decimals of ratings and times, itself or its name.

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
    part: str | None = None
    layout: Layout = "rows"
    quoted: bool = True
    encoding: str | None = None
    missing_values: MissingValues = None
    decimal: Decimal = "point"

    def __post_init__(self) -> None:
        check_time_format(self.time_format)
        typed_separator(self.separator)
        check_encoding(self.encoding)
        check_missing_values(self.missing_values)

    def cells(
        self, path: Source, rows: int | None = None, kinds: Kinds | None = None
    ) -> pd.DataFrame:
        """The table as it is, every column as text.

        Args:
            rows: the first ones alone; None reads all.
            kinds: of columns that may be read as what they hold, see `read_plain`.

        Raises:
            DataError: the file is empty or is not such a table.
        """
        separator = typed_separator(self.separator)
        return read_table(path, separator, self.header, self.quoted, self.encoding, rows, kinds)

    def read(self, path: Source, clock: bool = True, rows: int | None = None) -> pd.DataFrame:
        """The table with the columns of `FileDataset.read`.

        Args:
            clock: False where timestamps are positions in a user's history, not times.
            rows: the first ones alone; None reads all.

        Returns:
            The table. Its `attrs` have `notes` of what is odd in it; `columns` that were used; and
            `problems`: a line for each column that is missing or holds what it must not, and is
            left out.

        Raises:
            DataError: the file is empty or is not such a table.
        """
        table = self._table(path, clock, rows, self._kinds)
        if table.attrs["problems"] and rows is None:  # which show cells as they are written
            table = self._table(path, clock, rows, None)
        return table

    def _kinds(self, columns: list[str]) -> dict[str, Literal["id", "number"]]:
        """The kinds of columns that have usual names, where nothing is asked of their text."""
        import pandas as pd

        if self.missing_values:
            return {}
        kinds: dict[str, Literal["id", "number"]] = {}
        for role, usual in ROLES.items():
            wanted, column = getattr(self, role), None
            with contextlib.suppress(DataError):
                if wanted is not None:
                    column = find_column(pd.DataFrame(columns=columns), wanted, usual, role)
            is_text = role == "rating" and DECIMALS[self.decimal] == ","
            is_text |= role == "timestamp" and self.time_format is not None
            if column is not None and not is_text:
                kinds[column] = "number" if role in ("rating", "timestamp") else "id"
        return kinds

    def _table(
        self, path: Source, clock: bool, rows: int | None, kinds: Kinds | None
    ) -> pd.DataFrame:
        import pandas as pd

        frame = self._with_layout(path, rows, kinds)
        table = pd.DataFrame(index=frame.index)
        notes, problems = [*frame.attrs["notes"]], []
        chosen: dict[str, str] = {}
        decimal = DECIMALS[self.decimal]
        for role, usual in ROLES.items():
            try:
                column = self._column(frame, role, usual, path)
                if column is None:
                    continue
                chosen[role] = column
                cells = without(frame[column], self.missing_values, role)
                if role == "rating":
                    table[role] = numbers(cells, column, decimal)
                    notes += notes_on_ratings(table[role], column)
                elif role == "timestamp":
                    cells = with_points(cells) if decimal == "," else cells
                    table[role] = seconds(
                        cells, column, self.time_unit, self.time_format, positions=not clock
                    )
                    notes += notes_on_far_times(table[role], cells, column) if clock else []
                else:
                    table[role] = names(cells, column)
            except DataError as error:
                problems.append(str(error))
            if role in ("user", "item") and role in table:
                notes += notes_on_ids(table[role], role, chosen[role])
        if self.known is not None and self.known in frame:
            table["known"] = numbers(frame[self.known], self.known)
        if LISTED in frame:
            table[LISTED] = frame.pop(LISTED)
        if self.part is not None:
            try:
                find_column(frame, self.part, (), "dataset.part")
                table["part"] = part_codes(frame[self.part], self.part)
            except DataError as error:
                problems.append(str(error))
        problems += _shared(chosen)
        more = {"known": self.known, "part": self.part}
        named = {role: name for role, name in more.items() if name is not None}
        used = UsedColumns.of({**chosen, **named}, frame.columns)
        table.attrs.update(notes=notes, problems=problems, columns=used)
        return table

    def _with_layout(self, path: Source, rows: int | None, kinds: Kinds | None) -> pd.DataFrame:
        """The table with the column names of its layout, where a file without a header has one."""
        if self.layout == "lists":
            return read_lists(path, rows)
        if self.layout == "sequences":
            return expanded(self.cells(path, rows), path)
        frame = self.cells(path, rows, kinds)
        if lists := list_column(frame.columns):
            frame.attrs["notes"].append(
                f"{path}: {lists} is not read; if it holds the items before each, "
                "dataset.layout=sequences reads them"
            )
        named = (self.user, self.item) != (AUTO, AUTO) or not frame.attrs["is_text"]
        if not self.header or named or not may_lack_header(frame):
            return frame
        without_header = replace(self, header=False).cells(path, rows)
        places = recognised_layout(without_header, path.name)
        if places is None:
            return frame
        without_header.attrs["notes"].append(layout_note(path, places))
        without_header.attrs[PLACES] = places
        return without_header

    def _column(
        self, frame: pd.DataFrame, role: str, usual: tuple[str, ...], path: Source
    ) -> str | None:
        """The column of a role; None where the role is not wanted or not there.

        Raises:
            DataError: the named column is not there, or there is none for a user or an item.
        """
        wanted: str | None = getattr(self, role)
        if wanted is None:
            return None
        if PLACES in frame.attrs and wanted == AUTO:
            places: dict[str, str] = frame.attrs[PLACES]
            return places.get(role)
        column = find_column(frame, wanted, usual, f"dataset.{role}")
        if column is None and role == "timestamp":
            column = time_column(frame, self.time_format)
        if column is not None or role not in ("user", "item"):
            return column
        message = (
            f"{path} has no {role} column under a usual name. Its columns: "
            f"{listed(frame.columns)}. Name it: dataset.{role}=<column>."
        )
        if self.header and may_lack_header(frame):
            message += (
                f" They look like a row and not like names: dataset.header=false "
                f"dataset.{role}=<number of the column, from 0>."
            )
        elif any(name.startswith(("Unnamed:", "#")) for name in frame.columns):
            message += " If lines stand above the header, delete them."
        elif frame.shape[1] == 1:
            line = str(frame.columns[0])
            found = recognised_separator(line, path.name)
            if found in line:
                found = separator_name(found)
                message += f" It looks separated by {found}: dataset.separator={found}."
        raise DataError(message)


def _shared(chosen: dict[str, str]) -> list[str]:
    """A problem for each column that two roles name."""
    problems = []
    for column in dict.fromkeys(chosen.values()):
        roles = [f"dataset.{role}" for role, name in chosen.items() if name == column]
        if len(roles) > 1:
            problems.append(
                f"{' and '.join(roles)} name one column, {column}: a column has one meaning."
            )
    return problems
