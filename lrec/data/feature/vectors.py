"""Item vectors from a file: of pretrained models, word embeddings, images, sound."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from lrec.base.arrays import Floats, Strings
from lrec.base.errors import DataError
from lrec.base.missing_files import looked_in
from lrec.data.feature import FEW, FIRST, Feature
from lrec.data.queries import Split
from lrec.data.tables.columns import ITEMS, find_column, names
from lrec.data.tables.odd_ids import notes_on_ids
from lrec.data.tables.reading import read_table


class Vectors(Feature):
    """Pretrained vectors by item id. Items without one get zeros.

    Args:
        path: `.parquet` (or `.csv`, `.tsv`): a column of item ids, and the vector as one column of
            lists or as a column for each number. `.npy`: a matrix whose row number is the item id,
            or a structured array of a field of ids and a field of vectors.
        item: name of the column or field of ids; `auto` takes a usual one (item_id, movieId, …).
    """

    name = "vectors"

    def __init__(self, path: str, item: str | int = "auto") -> None:
        self.path = path
        self.item = str(item)

    def __call__(self, split: Split) -> Floats:
        path, ids, vectors, notes = Path(self.path).expanduser(), *self._read(None)
        for text in notes:
            warnings.warn(text, stacklevel=2)
        if not np.isfinite(vectors).all():
            raise DataError(f"{path} holds numbers that are not finite.")
        row_of = {name: row for row, name in enumerate(ids.tolist())}
        wanted = split.catalogue.ids[: split.catalogue.n_items]
        rows = np.array([row_of.get(name, -1) for name in wanted.tolist()])
        if (rows < 0).all():
            raise DataError(
                f"{path} has no vector for any item of the training data. Its ids: "
                f"{', '.join(ids[:3])}, …; the data's: {', '.join(wanted[:3])}, …"
            )
        if (rows >= 0).mean() < FEW:
            warnings.warn(
                f"only {(rows >= 0).sum():,} of {len(rows):,} items have a vector in {path}: the "
                "others get zeros",
                stacklevel=2,
            )
        laid_out: Floats = np.where(rows[:, None] >= 0, vectors[rows], 0.0)
        return laid_out

    def check(self) -> None:
        self._read(FIRST)

    def _read(self, rows: int | None) -> tuple[Strings, Floats, list[str]]:
        """Ids and vectors of the first rows or of all, and notes."""
        path = Path(self.path).expanduser()
        if not path.is_file():
            raise DataError(
                f"feature.vectors.path is no file. Received: {self.path} {looked_in(path)}"
            )
        if path.suffix == ".npy":
            return *self._npy(path, rows), []
        return self._table(path, rows)

    def _npy(self, path: Path, rows: int | None) -> tuple[Strings, Floats]:
        try:
            array = np.load(path, None if rows is None else "r", allow_pickle=False)
        except ValueError as error:
            raise DataError(f"{path} could not be read as numbers: {error}") from None
        names = array.dtype.names
        if names is None:
            if array.ndim != 2 or array.dtype.kind not in "fiu":
                raise DataError(
                    f"{path} must be a matrix of numbers, a row for each item. "
                    f"Received: shape {array.shape}, {array.dtype}"
                )
            array = array[:rows]
            return np.arange(len(array)).astype(np.str_), array.astype(np.float64)
        chosen = [name for name in names if name == self.item or name.lower() in ITEMS]
        others = [name for name in names if name not in chosen]
        if len(chosen) != 1 or len(others) != 1:
            raise DataError(
                f"{path} must have a field of item ids and a field of vectors. "
                f"Received: {', '.join(names)}. Name the ids: feature.vectors.item=<field>."
            )
        array = array[:rows]
        vectors = array[others[0]].reshape(len(array), -1).astype(np.float64)
        return array[chosen[0]].astype(np.str_), vectors

    def _table(self, path: Path, rows: int | None) -> tuple[Strings, Floats, list[str]]:
        frame = read_table(path, rows=rows)
        column = find_column(frame, self.item, ITEMS, "feature.vectors.item")
        if column is None:
            raise DataError(
                f"{path} has no item column under a usual name. Its columns: "
                f"{', '.join(frame.columns)}. Name it: feature.vectors.item=<column>."
            )
        rest = frame.drop(columns=column)
        values: Any = rest.iloc[:, 0].tolist() if rest.shape[1] == 1 else rest.to_numpy()
        try:
            vectors = np.array(values, np.float64).reshape(len(frame), -1)
        except (ValueError, TypeError) as error:
            raise DataError(
                f"{path} must hold vectors of one length, as a column of lists or as columns of "
                f"numbers, beside {column}: {error}"
            ) from None
        ids = names(frame[column], column)
        odd = [f"{path.name}, {text}" for text in notes_on_ids(ids, "item", column)]
        texts = ids.fillna("").to_numpy(np.str_)
        return texts, vectors, [*frame.attrs["notes"], *odd]
