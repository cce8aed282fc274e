"""Any table of interactions: text, Parquet, Feather, a workbook or JSON, compressed or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lrec.base.errors import DataError, listed
from lrec.base.files import digest_of_file
from lrec.base.missing_files import existing
from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.dataset import FileDataset
from lrec.data.ready_made.item_lists import Layout, without_listed
from lrec.data.ready_made.part_files import counterpart, joined
from lrec.data.ready_made.parts import TEST, TRAIN, VALIDATION
from lrec.data.tables.columns import ITEMS, find_column, names
from lrec.data.tables.item_features import ItemTable
from lrec.data.tables.missing_values import without
from lrec.data.tables.odd_ids import notes_on_ids
from lrec.data.tables.opening import Source
from lrec.data.tables.table_format import AUTO, Decimal, TableFormat
from lrec.data.tables.times import TimeUnit, seconds
from lrec.data.used_columns import UsedColumns

if TYPE_CHECKING:
    import pandas as pd


class CSV(FileDataset):
    """A file with a row for each interaction.

    Args:
        path: a text table, Parquet, Feather, a workbook or JSON Lines, compressed or not.
        user, item, rating, timestamp: column names. `auto` takes the column with a usual name
            (user_id, userId, …), and for times the only one that ends in _at, _date, _time, … and
            holds times; without one there are no ratings, or no timestamps.
        behavior: column of the kind of interaction, such as view or purchase; as above.
        behaviors, targets: weight of each kind in training, and those that are held out; see
            `Cleaning`.
        time_unit: of timestamps that are numbers.
        time_format: of all timestamps, in strptime's directives such as %d/%m/%Y, or `excel` for
            day numbers; null recognises unix times, ISO dates and compact dates (20210301).
        separator: of a text file, itself or its name (tab, space, semicolon, …); null recognises
            it.
        header: True if the first line names the columns; else they are called 0, 1, 2, …
        quoted: True if quotes may enclose a value; else they belong to it.
        encoding: of a text file; null recognises UTF-8, UTF-16 and Windows-1252.
        decimal: sign before the decimals of ratings and times: `point` or `comma`.
        order: of each history: by `time`, or of the `file` where rows are in order without times.
        clock: False where timestamps are positions in a user's history, not times.
        items_path: a table of the items, with the item column and, as `titles` and `genres` name
            them, titles and genres: `A|B`, `A;B`, `A, B` or `['A', 'B']`.
        released: column of dates in that table, since which an item is there: with `catalogue=all`
            and a split by time it is recommended from then on. None: all are there from the start.
        duplicates, missing, missing_rating, missing_timestamp, missing_id, missing_behavior,
            min_rating, k_core: see `Cleaning`.
        missing_values: what stands for an empty cell: a list for ratings, or lists by role.
        part: column of the part of a ready-made split (train, validation, test), for split=files.
        validation_path, test_path: files of a ready-made split, whose training part `path` is;
            `auto` takes the file beside it that has valid, val, dev or test where it has train.
        layout: `rows`, one for each interaction; `lists`, lines of a user and items, separated by
            spaces (LightGCN); `sequences`, rows with a list of items, such as `item_id_list`, and
            the item behind it (RecBole).
        known: column of the time since when a pair is known to a model that goes on learning, empty
            where it is not: `lrec update` writes it. What is known is never held out.
        cache: folder for the prepared data; null means lrec's own.

    Raises:
        ValueError: an argument is out of range.
    """

    name = "csv"
    validation_path: str | None = None  # of a published set, which has no split of its own
    test_path: str | None = None
    order: Literal["time", "file"] = "time"
    format: TableFormat

    def __init__(
        self,
        path: str,
        *,
        user: str | int = "auto",
        item: str | int = "auto",
        rating: str | int | None = "auto",
        timestamp: str | int | None = "auto",
        behavior: str | int | None = "auto",
        behaviors: dict[str | int | float, float] | None = None,
        targets: list[str | int] | None = None,
        time_unit: TimeUnit = "s",
        time_format: str | None = None,
        separator: str | None = None,
        header: bool = True,
        quoted: bool = True,
        encoding: str | None = None,
        decimal: Decimal = "point",
        order: Literal["time", "file"] = "time",
        clock: bool = True,
        items_path: str | None = None,
        titles: str | None = "auto",
        genres: str | None = "auto",
        released: str | None = None,
        duplicates: Literal["last", "first", "keep", "sum"] = "last",
        missing: Literal["error", "drop"] = "error",
        missing_rating: Literal["error", "drop", "mean", "median", "keep"] | None = None,
        missing_timestamp: Literal["error", "drop"] | None = None,
        missing_id: Literal["error", "drop"] | None = None,
        missing_behavior: Literal["error", "drop"] | None = None,
        missing_values: list[str | int | float] | dict[str, list[str | int | float]] | None = None,
        min_rating: float | None = None,
        k_core: int = 0,
        part: str | None = None,
        validation_path: str | None = AUTO,
        test_path: str | None = None,
        layout: Layout = "rows",
        known: str | None = None,
        cache: str | None = None,
    ) -> None:
        if order == "file" and timestamp not in ("auto", None):
            raise ValueError(
                "order=file takes the place of times, and a column of times is named. "
                f"Received: timestamp={timestamp}"
            )
        if part is not None and test_path is not None:
            raise ValueError(
                "a ready-made split is told by a column or by files. "
                f"Received: part={part}, test_path={test_path}"
            )
        if layout == "sequences":  # what stands beside a list belongs to its last item only
            given = {"rating": rating, "timestamp": timestamp, "behavior": behavior}
            if named := [name for name, column in given.items() if column not in (AUTO, None)]:
                raise ValueError(
                    f"layout=sequences reads users and items only. Received: {', '.join(named)}"
                )
            order, rating, behavior = "file", None, None
        self.path = path
        self.validation_path = validation_path
        self.test_path = test_path
        self.order = order
        self.format = TableFormat(
            user=str(user),
            item=str(item),
            rating=None if rating is None else str(rating),
            timestamp=None if timestamp is None or order == "file" else str(timestamp),
            behavior=None if behavior is None else str(behavior),
            time_unit=time_unit,
            time_format=time_format,
            separator=separator,
            header=header,
            known=known,
            part=part,
            layout=layout,
            quoted=quoted,
            encoding=encoding,
            decimal=decimal,
            missing_values=missing_values,
        )
        self.clock = clock and order == "time"
        self.items_path = items_path
        self.titles = titles
        self.genres = genres
        self.released = released
        self.cleaning = Cleaning(
            duplicates=duplicates,
            missing=missing,
            missing_rating=missing_rating,
            missing_timestamp=missing_timestamp,
            min_rating=min_rating,
            k_core=k_core,
            missing_id=missing_id,
            missing_behavior=missing_behavior,
            behaviors=None if behaviors is None else {str(k): w for k, w in behaviors.items()},
            targets=None if targets is None else [str(name) for name in targets],
        )
        self.cache = cache

    def read(self, path: Source) -> pd.DataFrame:
        return self._table(path, None)

    def read_first(self, path: Source, rows: int) -> pd.DataFrame:
        return self._table(path, rows)

    def read_parts(self, path: Source) -> pd.DataFrame:
        files = self.part_files()
        if not files:
            return self.read(path)
        tables = {TRAIN: self._as_written(path, None)}
        tables |= {part: self._as_written(file, None) for part, file in files.items()}
        return self._ordered(joined(tables))

    def part_files(self) -> dict[str, Path]:
        """The files of validation and test, by their part; none without `test_path`.

        Raises:
            DataError: one is missing.
        """
        if self.test_path is None or self.path is None:
            return {}
        paths = {VALIDATION: self.validation_path, TEST: self.test_path}
        files = {
            part: counterpart(Path(self.path).expanduser(), part)
            if path == AUTO
            else existing(path, f"dataset.{part}_path")
            for part, path in paths.items()
            if path is not None
        }
        if files[TEST] is None:
            raise DataError(
                "dataset.test_path=auto finds no file beside dataset.path that has test where it "
                f"has train: name it. Received: {self.path}"
            )
        return {part: file for part, file in files.items() if file is not None}

    def identity(self) -> str:
        stamps = [(str(file), file.stat().st_mtime_ns) for file in self.part_files().values()]
        return f"{super().identity()} {stamps}"

    def settings(self) -> dict[str, Any]:
        digests = {part: digest_of_file(file) for part, file in self.part_files().items()}
        settings = super().settings()
        for key in ("validation_path", "test_path"):
            settings.pop(key, None)
        return {**settings, "parts": digests}

    def _table(self, path: Source, rows: int | None) -> pd.DataFrame:
        return self._ordered(self._as_written(path, rows))

    def _as_written(self, path: Source, rows: int | None) -> pd.DataFrame:
        layout = self.format
        if self.missing_values is not None:  # of a data set whose layout is its own
            layout = replace(layout, missing_values=self.missing_values)
        return layout.read(path, self.clock, rows)

    def _ordered(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table, in the order of the file where that takes the place of times."""
        table = without_listed(table)
        if self.order == "file":
            table["timestamp"] = np.arange(len(table), dtype=np.float64)
        return table

    def _dates(self, column: pd.Series, name: str) -> pd.Series:
        """Unix seconds of an item's date."""
        return seconds(column, name, self.format.time_unit, self.format.time_format)

    def read_items(self, path: Source, rows: int | None = None) -> ItemTable:
        frame = self.format.cells(path, rows)
        columns = [
            find_column(frame, chosen, usual, key) if chosen is not None else None
            for chosen, usual, key in (
                (self.format.item, ITEMS, "dataset.item"),
                (self.titles, ("title", "name"), "dataset.titles"),
                (self.genres, ("genres", "genre", "categories", "category"), "dataset.genres"),
                (self.released, ("release_date",), "dataset.released"),
            )
        ]
        item, titles, genres, released = columns
        roles = (("item", item), ("titles", titles), ("genres", genres), ("released", released))
        if item is None:
            raise DataError(f"{path} has no item column. Its columns: {listed(frame.columns)}.")
        ids = names(without(frame[item], self.format.missing_values, "item"), item)
        odd = [f"{path.name}, {text}" for text in notes_on_ids(ids, "item", item)]
        table = ItemTable(
            ids,
            None if titles is None else frame[titles],
            None if genres is None else frame[genres],
            None if released is None else self._dates(frame[released], released),
            (*frame.attrs["notes"], *odd),
            UsedColumns.of({r: c for r, c in roles if c is not None}, frame.columns),
        )
        repeats = [f"{path.name}: {text}" for text in table.notes_on_repeats()]
        return replace(table, notes=(*table.notes, *repeats))
