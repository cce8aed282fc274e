"""Items by columns of a table: numbers such as a price, categories such as a brand."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.base.errors import DataError, listed
from lrec.base.sets import unique
from lrec.data.feature import FIRST, TableFeature
from lrec.data.queries import Split
from lrec.data.tables.columns import names, numbers

KNOTS = 9  # of a number's range
MOST = 500  # categories of a column that count, the most frequent ones


class Properties(TableFeature):
    """Numbers and categories side by side, each column of an item as a row of length 1.

    A number is laid out between the two nearest of nine quantiles of its column (a linear B-spline,
    as of Eilers and Marx 1996): near numbers have near vectors, whatever their unit and skew. A
    category is 1 at its place. What is missing, or a category that one item alone has, is 0.

    Args:
        path: table of the items; None means that of the data, `dataset.items_path`.
        item: name of its column of ids; `auto` takes a usual one (item_id, movieId, …).
        numeric: columns of numbers.
        categories: columns of names.
    """

    name = "properties"

    def __init__(
        self,
        path: str | None = None,
        item: str | int = "auto",
        numeric: Sequence[str] = (),
        categories: Sequence[str] = (),
    ) -> None:
        super().__init__(path, item)
        self.numeric = [str(column) for column in numeric]
        self.categories = [str(column) for column in categories]

    def __call__(self, split: Split) -> Floats:
        frame = self.read()
        self._refuse_missing(list(frame.columns))
        ids = split.catalogue.ids[: split.catalogue.n_items]
        rows = self.along(frame[[*self.numeric, *self.categories]], ids)
        parts = [_splines(numbers(rows[name], name).to_numpy()) for name in self.numeric]
        for name in self.categories:
            codes = names(rows[name], name).cat.codes.to_numpy()
            parts.append(_flags(codes, name))
        return np.concatenate(parts, axis=1)

    def check(self) -> None:
        frame = self.read(FIRST)
        self._refuse_missing(list(frame.columns))
        for name in self.numeric:
            numbers(frame[name], name)

    def _refuse_missing(self, there: Sequence[str]) -> None:
        if not self.numeric and not self.categories:
            raise DataError(
                "feature=properties needs columns: 'feature.properties.numeric=[price]', or "
                f"'feature.properties.categories=[brand]'. The table has: {listed(there)}."
            )
        missing = [name for name in (*self.numeric, *self.categories) if name not in there]
        if missing:
            raise DataError(
                f"the table of feature=properties has no column {listed(missing)}. "
                f"Its columns: {listed(there)}."
            )


def _splines(values: Floats) -> Floats:
    """Weights of the nearest knots, `(n, knots)`, of length 1; zeros for NaN."""
    known = np.isfinite(values)
    if not known.any():
        return np.zeros((len(values), 0))
    knots = unique(np.quantile(values[known], np.linspace(0, 1, KNOTS)))
    places = np.interp(values[known], knots, np.arange(len(knots)))
    near = np.maximum(1 - np.abs(places[:, None] - np.arange(len(knots))), 0)
    result = np.zeros((len(values), len(knots)))
    result[known] = near / np.linalg.norm(near, axis=1, keepdims=True)
    return result


def _flags(codes: Ints, name: str) -> Floats:
    """1 at the place of each category, `(n, categories)`; codes are -1 where there is none."""
    counts = np.bincount(codes[codes >= 0])
    shared = np.flatnonzero(counts > 1)
    used = shared[np.argsort(-counts[shared], kind="stable")[:MOST]]
    if len(used) < len(shared):
        warnings.warn(
            f"column {name} has {len(shared):,} categories that items share: the {MOST} most "
            "frequent are used as features",
            stacklevel=3,
        )
    flags: Floats = (codes[:, None] == np.sort(used)).astype(float)
    return flags
