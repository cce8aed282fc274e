"""MovieLens in its own formats, by the name of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from lrec.base.errors import DataError, Problems, listed
from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.dataset import FileDataset
from lrec.data.tables.columns import names as texts
from lrec.data.tables.columns import numbers
from lrec.data.tables.item_features import ItemTable
from lrec.data.tables.missing_values import check_missing_values, without
from lrec.data.tables.odd_ids import notes_on_ids
from lrec.data.tables.opening import Source
from lrec.data.tables.reading import read_table
from lrec.data.tables.text.headerless import LAYOUT
from lrec.data.tables.times import seconds
from lrec.data.used_columns import UsedColumns

if TYPE_CHECKING:
    import pandas as pd

# Genres of MovieLens 100K, in the order of its u.item columns.
GENRES_100K = (
    "unknown Action Adventure Animation Children's Comedy Crime Documentary Drama Fantasy "
    "Film-Noir Horror Musical Mystery Romance Sci-Fi Thriller War Western"
)

READ = {"user": texts, "item": texts, "rating": numbers, "timestamp": seconds}  # by role


class MovieLens(FileDataset):
    """`u.data` (100K), `ratings.dat` (1M, 10M) or `ratings.csv` (20M and later), gzipped or not.

    Titles and genres are read from the movies file that lies beside it, where there is one.

    Args:
        path: the ratings file.
        duplicates, missing, missing_rating, missing_timestamp, min_rating, k_core: see `Cleaning`.
        missing_values: what stands for an empty cell: a list for ratings, or lists by role.
        cache: folder for the prepared data; null means lrec's own.

    Reference: Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """

    name = "movielens"
    clock = True
    items_names = ("movies.csv", "movies.csv.gz", "movies.dat", "u.item")

    def __init__(
        self,
        path: str,
        *,
        duplicates: Literal["last", "first", "keep"] = "last",
        missing: Literal["error", "drop"] = "error",
        missing_rating: Literal["error", "drop", "mean", "median", "keep"] | None = None,
        missing_timestamp: Literal["error", "drop"] | None = None,
        missing_values: list[str | int | float] | dict[str, list[str | int | float]] | None = None,
        min_rating: float | None = None,
        k_core: int = 0,
        cache: str | None = None,
    ) -> None:
        self.path = path
        self.cleaning = Cleaning(
            duplicates=duplicates,
            missing=missing,
            missing_rating=missing_rating,
            missing_timestamp=missing_timestamp,
            min_rating=min_rating,
            k_core=k_core,
        )
        check_missing_values(missing_values)
        self.missing_values = missing_values
        self.cache = cache

    def read(self, path: Source) -> pd.DataFrame:
        return self._table(path, None)

    def read_first(self, path: Source, rows: int) -> pd.DataFrame:
        return self._table(path, rows)

    def _table(self, path: Source, rows: int | None) -> pd.DataFrame:
        import pandas as pd

        frame = _read(path, rows)
        if frame.shape[1] < 4:
            raise DataError(
                f"{path} is not a MovieLens ratings file: it has the columns "
                f"{listed(frame.columns)}, and user, movie, rating, timestamp are needed. "
                "For other tables use dataset=csv."
            )
        notes, problems = [*frame.attrs["notes"]], Problems()
        columns: dict[str, pd.Series] = {}
        for place, role in enumerate(LAYOUT):
            cells = without(frame.iloc[:, place], self.missing_values, role)
            with problems.collected():
                columns[role] = READ[role](cells, role)
        for role in ("user", "item"):
            notes += notes_on_ids(columns[role], role, str(frame.columns[LAYOUT.index(role)]))
        table = pd.DataFrame(columns)
        chosen = dict(zip(LAYOUT, map(str, frame.columns), strict=False))
        used = UsedColumns.of(chosen, map(str, frame.columns))
        table.attrs.update(notes=notes, problems=problems, columns=used)
        return table

    def read_items(self, path: Source, rows: int | None = None) -> ItemTable:
        import pandas as pd

        frame = _read(path, rows)
        genres = frame.iloc[:, 2]
        if path.name.startswith("u."):  # one column of 0 and 1 for each genre
            flags = frame.iloc[:, 5:24].astype(int).astype(bool).to_numpy()
            names = np.array(GENRES_100K.split())
            genres = pd.Series(["|".join(names[row]) for row in flags])
        return ItemTable(
            frame.iloc[:, 0], frame.iloc[:, 1], genres, notes=tuple(frame.attrs["notes"])
        )


def _read(path: Source, rows: int | None = None) -> pd.DataFrame:
    name = path.name.removesuffix(".gz")
    if name.endswith(".dat"):
        return read_table(path, "::", header=False, quoted=False, rows=rows)
    if name == "u.data":
        return read_table(path, "\t", header=False, quoted=False, rows=rows)
    if name == "u.item":
        return read_table(path, "|", header=False, quoted=False, rows=rows)
    return read_table(path, rows=rows)
