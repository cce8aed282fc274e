"""Item vectors, for models to start from or to add to their own."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, Strings
from lrec.base.config.component import Component
from lrec.base.errors import DataError, listed
from lrec.base.missing_files import looked_in
from lrec.data.queries import Split
from lrec.data.tables.columns import ITEMS, find_column, names
from lrec.data.tables.odd_ids import notes_on_ids
from lrec.data.tables.reading import read_table

if TYPE_CHECKING:
    import pandas as pd

FIRST = 1000  # rows by which a file is checked
FEW = 0.95  # share of items with a row or a vector, below which there is a note


class Feature(Component, ABC):
    """A source of item vectors."""

    @abstractmethod
    def __call__(self, split: Split) -> Floats:
        """Vectors of the catalogue's items, `(n_items, width)`; zeros for items without one.

        Only features of the items and training interactions may be used.

        Raises:
            DataError: the data or the file lacks what the vectors are made of.
        """

    def check(self) -> None:
        """Refuse what can be seen to be unusable without the data.

        Raises:
            DataError: a file cannot be read, or is no file of vectors.
        """
        return


class TableFeature(Feature):
    """A feature that reads columns of a table of items.

    Args:
        path: the table; None means that of the data, which `of_data` tells.
        item: name of the column of ids; `auto` takes a usual one.
    """

    def __init__(self, path: str | None, item: str | int) -> None:
        self.path = path
        self.item = str(item)
        self.data_path: str | None = None

    def of_data(self, path: str) -> None:
        """Take the data's table of items where the config names none."""
        self.data_path = path

    def read(self, rows: int | None = None) -> pd.DataFrame:
        """The table, with its ids as the index, each once.

        Args:
            rows: the first ones alone; None reads all.

        Raises:
            DataError: there is no such file, it is no table, or it has no column of ids.
        """
        key, given = f"feature.{self.name}", self.path or self.data_path
        if given is None:
            raise DataError(
                f"{key} reads a table of items, and the data has none. Name it: "
                f"dataset.items_path or {key}.path."
            )
        path = Path(given).expanduser()
        if not path.is_file():
            raise DataError(f"{key}.path is no file. Received: {given} {looked_in(path)}")
        frame = read_table(path, rows=rows)
        column = find_column(frame, self.item, ITEMS, f"{key}.item")
        if column is None:
            raise DataError(
                f"{path} has no item column under a usual name. Its columns: "
                f"{listed(frame.columns)}. Name it: {key}.item=<column>."
            )
        ids = names(frame[column], column)
        if rows is None:
            for text in (*frame.attrs["notes"], *notes_on_ids(ids, "item", column)):
                warnings.warn(f"{path.name}: {text}", stacklevel=2)
        frame = frame.drop(columns=column).set_index(ids.astype(str))
        return frame[~frame.index.duplicated()]

    def along(self, frame: pd.DataFrame, ids: Strings) -> pd.DataFrame:
        """The rows of the items `(n,)`, in that order; cells of items without a row are empty.

        Args:
            frame: what `read` gave.

        Raises:
            DataError: no item has a row.
        """
        present = int(frame.index.isin(ids).sum())
        if not present:
            raise DataError(
                f"the table of feature={self.name} has no row for any item of the data. Its ids: "
                f"{listed(frame.index[:3])}, …; the data's: {listed(ids[:3])}, …."
            )
        if present < FEW * len(ids):
            warnings.warn(
                f"only {present:,} of {len(ids):,} items have a row in the table of "
                f"feature={self.name}: the others get zeros",
                stacklevel=2,
            )
        return frame.reindex(ids)


def with_vectors(split: Split, features: Mapping[str, Feature]) -> Split:
    """The split with its items' vectors: those of all features, side by side.

    The vectors of a feature are centred and scaled to a mean squared length of 1, so that none
    drowns the others; items without a vector stay at zero.
    """
    parts = [standardised(feature(split)) for feature in features.values()]
    vectors = np.concatenate(parts, axis=1)
    if not vectors.size:
        return split
    content = replace(split.catalogue.features, vectors=vectors)
    return replace(split, catalogue=replace(split.catalogue, features=content))


def standardised(vectors: Floats) -> Floats:
    """Rows that are not zero, centred, with a mean squared length of 1; float32."""
    present = vectors.any(axis=1)
    result = np.zeros(vectors.shape, np.float32)
    if present.any():
        centred = vectors[present] - vectors[present].mean(axis=0)
        length = np.sqrt((centred**2).sum(axis=1).mean())
        result[present] = centred / length if length > 0 else 0.0
    return result
