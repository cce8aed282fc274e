"""Titles and genres of items, from a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Strings
from lrec.data.interactions import ItemFeatures

if TYPE_CHECKING:
    import pandas as pd


def item_features(
    ids: pd.Series, titles: pd.Series | None, genres: pd.Series | None, item_ids: Strings
) -> ItemFeatures:
    """Features from the rows of an items file; items without a row have no title or genre.

    Args:
        ids: of the rows; of repeated ones the first counts.
        genres: names joined by `|`.
        item_ids: `(n_items,)` ids of the items to lay the features out along.
    """
    import pandas as pd

    rows = pd.Series(np.arange(len(ids)), index=ids.astype(str))
    rows = rows[~rows.index.duplicated()].reindex(item_ids)
    present = rows.notna().to_numpy()
    indices = rows[present].astype(int).to_numpy()
    title_array = genre_array = None
    names: tuple[str, ...] = ()
    if titles is not None:
        title_array = np.full(len(item_ids), "", dtype=object)
        title_array[present] = titles.fillna("").to_numpy()[indices]
        title_array = title_array.astype(np.str_)
    if genres is not None:
        flags = genres.fillna("").iloc[indices].str.get_dummies("|")
        flags = flags.drop(columns=[c for c in flags if not c or str(c).startswith("(no ")])
        names = tuple(flags.columns)
        genre_array = np.zeros((len(item_ids), len(names)), np.float32)
        genre_array[present] = flags.to_numpy(np.float32)
    return ItemFeatures(title_array, genre_array, names)
