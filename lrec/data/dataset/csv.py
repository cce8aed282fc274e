"""Any table of interactions: CSV, TSV or Parquet, gzipped or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lrec.base.arrays import Strings
from lrec.base.errors import DataError, listed
from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.dataset import FileDataset
from lrec.data.interactions import ItemFeatures
from lrec.data.tables.columns import ITEMS, find_column, names
from lrec.data.tables.item_features import item_features
from lrec.data.tables.reading import Source
from lrec.data.tables.table_format import TableFormat
from lrec.data.tables.times import TimeUnit

if TYPE_CHECKING:
    import pandas as pd


class CSV(FileDataset):
    """A file with a row for each interaction.

    Args:
        path: .csv, .tsv, .parquet; .gz and pandas's other compressions are read as they are.
        user, item, rating, timestamp: column names. `auto` takes the column with a usual name
            (user_id, userId, …); without one there are no ratings, or no timestamps.
        behavior: column of the kind of interaction, such as view or purchase; as above.
        behaviors, targets: weight of each kind in training, and those that are held out; see
            `Cleaning`.
        time_unit: of timestamps that are numbers.
        time_format: of all timestamps, in strptime's directives such as %d/%m/%Y, or `excel` for
            day numbers; null recognises unix times, ISO dates and compact dates (20210301).
        separator: of a text file; null means a tab for .tsv and a comma else.
        header: True if the first line names the columns; else they are called 0, 1, 2, …
        clock: False where timestamps are positions in a user's history, not times.
        items_path: a table of the items, with the item column and, as `titles` and `genres` name
            them, titles and genres: `A|B`, `A;B`, `A, B` or `['A', 'B']`.
        duplicates, missing_rating, missing_timestamp, missing_id, missing_behavior, min_rating,
            k_core: see `Cleaning`.
        known: column of the time since when a pair is known to a model that goes on learning, empty
            where it is not: `lrec update` writes it. What is known is never held out.
        cache: folder for the prepared data; null means lrec's own.

    Raises:
        ValueError: an argument is out of range.
    """

    name = "csv"
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
        behaviors: dict[str | int, float] | None = None,
        targets: list[str | int] | None = None,
        time_unit: TimeUnit = "s",
        time_format: str | None = None,
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
        known: str | None = None,
        cache: str | None = None,
    ) -> None:
        self.path = path
        self.format = TableFormat(
            user=str(user),
            item=str(item),
            rating=None if rating is None else str(rating),
            timestamp=None if timestamp is None else str(timestamp),
            behavior=None if behavior is None else str(behavior),
            time_unit=time_unit,
            time_format=time_format,
            separator=separator,
            header=header,
            known=known,
        )
        self.clock = clock
        self.items_path = items_path
        self.titles = titles
        self.genres = genres
        self.cleaning = Cleaning(
            duplicates=duplicates,
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
        return self.format.read(path, self.clock)

    def read_features(self, path: Source, item_ids: Strings) -> ItemFeatures:
        frame = self.format.cells(path)
        columns = [
            find_column(frame, chosen, usual, key) if chosen is not None else None
            for chosen, usual, key in (
                (self.format.item, ITEMS, "dataset.item"),
                (self.titles, ("title", "name"), "dataset.titles"),
                (self.genres, ("genres", "genre", "categories"), "dataset.genres"),
            )
        ]
        ids, titles, genres = (None if column is None else frame[column] for column in columns)
        if ids is None:
            raise DataError(f"{path} has no item column. Its columns: {listed(frame.columns)}.")
        return item_features(names(ids, "item"), titles, genres, item_ids)
