"""Titles and genres of items, from a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Strings
from lrec.base.errors import DataError, listed
from lrec.data.interactions import ItemFeatures
from lrec.data.tables.category_lists import category_flags

if TYPE_CHECKING:
    import pandas as pd


def item_features(
    ids: pd.Series, titles: pd.Series | None, genres: pd.Series | None, item_ids: Strings
) -> ItemFeatures:
    """Features from the rows of an items file; items without a row have no title or genre.

    Args:
        ids: of the rows; of repeated ones the first counts.
        genres: see `category_flags`.
        item_ids: `(n_items,)` ids of the items to lay the features out along.

    Raises:
        DataError: no item has a row.
    """
    import pandas as pd

    rows = pd.Series(np.arange(len(ids)), index=ids.astype(str))
    rows = rows[~rows.index.duplicated()].reindex(item_ids)
    present = rows.notna().to_numpy()
    if not present.any():
        raise DataError(
            f"the items file has no row for any of the {len(item_ids):,} items. "
            f"Its ids: {listed(ids[:3])}, …; the data's: {listed(item_ids[:3])}, …. "
            "Write them alike."
        )
    indices = rows[present].astype(int).to_numpy()
    title_array = genre_array = None
    names: tuple[str, ...] = ()
    if titles is not None:
        title_array = np.full(len(item_ids), "", dtype=object)
        title_array[present] = titles.fillna("").to_numpy()[indices]
        title_array = title_array.astype(np.str_)
    if genres is not None:
        flags, names = category_flags(genres.astype(object).fillna("").iloc[indices])
        genre_array = np.zeros((len(item_ids), len(names)), np.float32)
        genre_array[present] = flags
    return ItemFeatures(title_array, genre_array, names, described=present)
