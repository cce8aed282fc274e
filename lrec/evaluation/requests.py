"""Requests from outside: lists of item ids, which may hold anything."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arrays import Bools, Floats, offsets_of
from lrec.base.errors import shown
from lrec.data.histories import Histories
from lrec.data.queries import Queries

if TYPE_CHECKING:
    import pandas as pd

IDS = {str, int}  # types of an id in JSON
LARGEST = float(np.finfo(np.float32).max)


class RequestBatch:
    """A batch of requests, in the codes of the catalogue.

    Args:
        frame: see `Recommender.predict`.
        codes: code of each id in the catalogue.

    Raises:
        ValueError: a cell holds a value of the wrong kind.
    """

    def __init__(self, frame: pd.DataFrame, codes: dict[str, int]) -> None:
        self.codes = codes
        history = self._encode(_cells(frame, "history", IDS, "ids"))
        if "ratings" in frame:
            history = replace(history, rating=_ratings(frame, history))
        self.history = history.within(len(codes))
        self.ignored = history.lengths - self.history.lengths
        self.exclude = self._encode(_cells(frame, "exclude", IDS, "ids"))
        only = _cells(frame, "only", IDS, "ids")
        self.only = self._encode(only).within(len(codes))
        self.unrestricted = np.array([cell is None for cell in only])

    def queries(self, repeat: bool) -> Queries:
        """Queries for a ranker.

        Args:
            repeat: items of the history may be recommended.
        """
        parts = [self.exclude] if repeat else [self.exclude, self.history]
        row = np.concatenate([part.row for part in parts])
        item = np.concatenate([part.item for part in parts])
        if not self.unrestricted.all():
            excluded = np.nonzero(self._excluded_by_only())
            row, item = np.append(row, excluded[0]), np.append(item, excluded[1])
        n = len(self.history)
        masked = Histories(
            user=self.history.user,
            offsets=offsets_of(np.bincount(row, minlength=n)),
            item=item[np.argsort(row, kind="stable")].astype(np.int32),
        )
        return Queries(self.history, self.history, Histories.of([[]] * n), masked)

    def _excluded_by_only(self) -> Bools:
        """True for the items that `only` leaves out, `(n, n_items)`."""
        excluded = np.ones((len(self.only), len(self.codes)), bool)
        excluded[self.only.row, self.only.item] = False
        excluded[self.unrestricted] = False
        return excluded

    def _encode(self, cells: Sequence[list[Any] | None]) -> Histories:
        """Codes of lists of ids; -1 for an id outside the catalogue."""
        return Histories.of([[self.codes.get(str(i), -1) for i in cell or ()] for cell in cells])


def _cells(frame: pd.DataFrame, name: str, kinds: set[type], what: str) -> list[list[Any] | None]:
    """A column of lists; None where a request leaves out an optional one.

    Raises:
        ValueError: a cell is no list, or holds something of another kind.
    """
    from pandas import isna
    from pandas.api.types import is_scalar

    if name not in frame:
        return [None] * len(frame)
    # arrays of NumPy or pandas
    cells = [cell.tolist() if hasattr(cell, "tolist") else cell for cell in frame[name]]
    for row, cell in enumerate(cells):
        if isinstance(cell, list) and any(isinstance(value, np.generic) for value in cell):
            cell = cells[row] = [v.item() if isinstance(v, np.generic) else v for v in cell]
        if isinstance(cell, list) and kinds.issuperset(map(type, cell)):
            continue
        # pandas fills in NaN, or its like, where a request leaves out a column
        if name == "history" or not (is_scalar(cell) and isna(cell)):
            raise ValueError(
                f"{name} must be a list of {what}. Received: {reprlib.repr(cell)} in row {row}"
            )
        cells[row] = None
    return cells


def _ratings(frame: pd.DataFrame, history: Histories) -> Floats:
    """Ratings of the history's items, `(total,)` float32, NaN where there is none.

    Raises:
        ValueError: their number is not that of the items, or one does not fit into a float32.
    """
    cells = _cells(frame, "ratings", {float, int, type(None)}, "numbers")
    rows = [
        [None] * length if cell is None else cell
        for cell, length in zip(cells, history.lengths, strict=True)
    ]
    for row, (cell, length) in enumerate(zip(rows, history.lengths, strict=True)):
        if len(cell) != length:
            raise ValueError(
                f"ratings must be as many as the history has items, {length}. "
                f"Received: {len(cell)} in row {row}"
            )
    ratings = list(chain.from_iterable(rows))
    for rating in ratings:  # one by one: an int may be beyond all floats
        if rating is not None and abs(rating) > LARGEST:
            raise ValueError(f"ratings must be finite, as a float32. Received: {shown(rating)}")
    return np.array(ratings, np.float32)
