"""Titles and genres of items, from a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Strings
from lrec.base.errors import DataError, listed, shown
from lrec.data.genre_matrix import spread
from lrec.data.interactions import ALWAYS, ItemFeatures
from lrec.data.tables.category_lists import category_flags
from lrec.data.used_columns import UsedColumns

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ItemTable:
    """Columns of an items file.

    Attributes:
        ids: of the rows; of repeated ones the first counts.
        titles, genres: or None where there are none; for genres see `category_flags`.
        released: unix seconds since which each item is there, NaN where that is not known; or None.
        notes: of what is odd in the file, each a line.
        columns: by their roles.
    """

    ids: pd.Series
    titles: pd.Series | None = None
    genres: pd.Series | None = None
    released: pd.Series | None = None
    notes: tuple[str, ...] = ()
    columns: UsedColumns | None = None

    def notes_on_repeats(self) -> list[str]:
        """A note where rows of one item say different things."""
        import pandas as pd

        repeated = self.ids.duplicated(keep=False).to_numpy() & self.ids.notna().to_numpy()
        given = {"titles": self.titles, "genres": self.genres, "dates": self.released}
        said = {
            name: cells[repeated].map(str) for name, cells in given.items() if cells is not None
        }
        distinct = pd.DataFrame({"id": self.ids[repeated], **said}).drop_duplicates()
        ids = distinct["id"][distinct["id"].duplicated()].drop_duplicates()
        if ids.empty:
            return []
        return [
            f"{len(ids):,} items have several rows that differ in {' or '.join(said)}, such as "
            f"{shown(str(ids.iloc[0]))}: the first row counts"
        ]

    def check_ids(self, ids: pd.Series) -> None:
        """Refuse a file of other items.

        Args:
            ids: of the data's items.

        Raises:
            DataError: no item has a row.
        """
        if not ids.isin(self.ids.astype(str)).any():
            raise DataError(
                f"the items file has no row for any of the {ids.nunique():,} items. "
                f"Its ids: {listed(self.ids[:3])}, …; the data's: "
                f"{listed(ids.drop_duplicates().sort_values()[:3])}, …. Write them alike."
            )


def item_features(table: ItemTable, item_ids: Strings) -> ItemFeatures:
    """Features from the rows of an items file; items without a row have no title or genre.

    Args:
        item_ids: `(n_items,)` ids of the items to lay the features out along.

    Raises:
        DataError: no item has a row.
    """
    import pandas as pd

    table.check_ids(pd.Series(item_ids))
    rows = pd.Series(np.arange(len(table.ids)), index=table.ids.astype(str))
    rows = rows[~rows.index.duplicated()].reindex(item_ids)
    present = rows.notna().to_numpy()
    indices = rows[present].astype(int).to_numpy()
    title_array = genre_array = None
    names: tuple[str, ...] = ()
    if table.titles is not None:
        title_array = np.full(len(item_ids), "", dtype=object)
        title_array[present] = table.titles.fillna("").to_numpy()[indices]
        title_array = title_array.astype(np.str_)
    if table.genres is not None:
        flags, names = category_flags(table.genres.astype(object).fillna("").iloc[indices])
        genre_array = spread(flags, np.where(present, np.cumsum(present) - 1, -1))
    dates = None
    if table.released is not None:
        dates = np.full(len(item_ids), ALWAYS)
        known = table.released.to_numpy(np.float64, na_value=np.nan)[indices]
        dates[np.flatnonzero(present)[~np.isnan(known)]] = known[~np.isnan(known)].astype(np.int64)
    return ItemFeatures(title_array, genre_array, names, described=present, released=dates)
