"""Any table of interactions: CSV, TSV or Parquet, gzipped or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lrec.base.arrays import Strings
from lrec.base.errors import DataError, listed
from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.dataset import FileDataset
from lrec.data.interactions import ItemFeatures
from lrec.data.tables.columns import (
    BEHAVIORS,
    ITEMS,
    RATINGS,
    TIMES,
    USERS,
    TimeUnit,
    find_column,
    names,
    numbers,
    seconds,
)
from lrec.data.tables.item_features import item_features
from lrec.data.tables.reading import Source, read_table

if TYPE_CHECKING:
    import pandas as pd


class CSV(FileDataset):
    """A file with a row for each interaction.

    Args:
        path: .csv, .tsv, .parquet; .gz and pandas's other compressions are read as they are.
        user, item, rating, timestamp: column names. `auto` takes the column with a usual name
            (user_id, userId, …); without one there are no ratings, or no timestamps.
        behavior: column of the kind of interaction, such as view or purchase; as above.
        behaviors, targets: how much each kind counts, and which are asked for; see `Cleaning`.
        time_unit: of timestamps that are numbers.
        separator: of a text file; null means a tab for .tsv and a comma else.
        header: whether the first line names the columns; else they are called 0, 1, 2, …
        clock: false where timestamps are positions in a user's history, not times.
        items_path: a table of the items, with the item column and, as `titles` and `genres` name
            them, titles and genres (joined by `|`).
        duplicates, missing_rating, missing_timestamp, missing_id, missing_behavior, min_rating,
            k_core: see `Cleaning`.
        cache: folder for the prepared data; null means lrec's own.
    """

    behavior: str | None = None  # unless the config names one
    time_unit: TimeUnit = "s"

    def __init__(
        self,
        path: str,
        user: str | int = "auto",
        item: str | int = "auto",
        rating: str | int | None = "auto",
        timestamp: str | int | None = "auto",
        behavior: str | int | None = "auto",
        behaviors: dict[str | int, float] | None = None,
        targets: list[str | int] | None = None,
        time_unit: TimeUnit = "s",
        separator: str | None = None,
        header: bool = True,
        clock: bool = True,
        items_path: str | None = None,
        titles: str | None = "auto",
        genres: str | None = "auto",
        duplicates: Literal["last", "first", "keep", "sum"] = "last",
        missing_rating: Literal["error", "drop", "mean", "median", "keep"] = "error",
        missing_timestamp: Literal["error", "drop"] = "error",
        missing_id: Literal["error", "drop"] = "error",
        missing_behavior: Literal["error", "drop"] = "error",
        min_rating: float | None = None,
        k_core: int = 0,
        cache: str | None = None,
    ) -> None:
        if separator is not None and len(set(separator)) != 1:
            raise ValueError(
                "separator must be one character, or one repeated, as `::`. "
                f"Received: {separator!r}"
            )
        self.path = path
        self.user = str(user)
        self.item = str(item)
        self.rating = None if rating is None else str(rating)
        self.timestamp = None if timestamp is None else str(timestamp)
        self.behavior = None if behavior is None else str(behavior)
        self.time_unit = time_unit
        self.separator = separator
        self.header = header
        self.clock = clock
        self.items_path = items_path
        self.titles = titles
        self.genres = genres
        self.cleaning = Cleaning(
            duplicates,
            missing_rating,
            missing_timestamp,
            min_rating,
            k_core,
            missing_id,
            missing_behavior,
            None if behaviors is None else {str(name): w for name, w in behaviors.items()},
            None if targets is None else [str(name) for name in targets],
        )
        self.cache = cache

    def read(self, path: Source) -> pd.DataFrame:
        import pandas as pd

        frame = read_table(path, self.separator, self.header)
        table = pd.DataFrame(index=frame.index)
        for name, id_name, usual in (("user", self.user, USERS), ("item", self.item, ITEMS)):
            column = find_column(frame, id_name, usual, f"dataset.{name}")
            if column is None:
                raise DataError(
                    f"{path} has no {name} column under a usual name. Its columns: "
                    f"{listed(frame.columns)}. Name it: dataset.{name}=<column>."
                )
            table[name] = names(frame[column], column)
        if self.rating is not None:
            column = find_column(frame, self.rating, RATINGS, "dataset.rating")
            if column is not None:
                table["rating"] = numbers(frame[column], column)
        if self.timestamp is not None:
            column = find_column(frame, self.timestamp, TIMES, "dataset.timestamp")
            if column is not None:
                table["timestamp"] = seconds(frame[column], column, self.time_unit)
        if self.behavior is not None:
            column = find_column(frame, self.behavior, BEHAVIORS, "dataset.behavior")
            if column is not None:
                table["behavior"] = names(frame[column], column)
        return table

    def read_features(self, path: Source, item_ids: Strings) -> ItemFeatures:
        frame = read_table(path, self.separator, self.header)
        found = [
            find_column(frame, wanted, usual, key) if wanted is not None else None
            for wanted, usual, key in (
                (self.item, ITEMS, "dataset.item"),
                (self.titles, ("title", "name"), "dataset.titles"),
                (self.genres, ("genres", "genre", "categories"), "dataset.genres"),
            )
        ]
        ids, titles, genres = (None if column is None else frame[column] for column in found)
        if ids is None:
            raise DataError(f"{path} has no item column. Its columns: {listed(frame.columns)}.")
        return item_features(names(ids, "item"), titles, genres, item_ids)
