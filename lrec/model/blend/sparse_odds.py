"""Odds of items by sparse scores: of those that a history reaches, and of all others together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, Sparse
from lrec.base.sets import unique
from lrec.data.histories import Histories
from lrec.model.blend.probabilities import FLOOR, HIGHEST, POWER, ScoreScale

TABLE = 2**23  # marks of pairs at once


@dataclass(frozen=True)
class HistoryPairs:
    """Row and item of each item of n histories, once, in the order of the rows."""

    row: Ints
    item: Ints
    n: int

    @classmethod
    def of(cls, history: Histories, n_items: int) -> HistoryPairs:
        """The pairs of histories within the catalogue."""
        row, item = np.divmod(unique(history.row * n_items + history.item), n_items)
        return cls(row, item, len(history))

    @property
    def counts(self) -> Ints:
        """Distinct items of each history, `(n,)`."""
        return np.bincount(self.row, minlength=self.n)

    def within(self, n_items: int) -> HistoryPairs:
        """The pairs of the first items."""
        first = self.item < n_items
        return self if first.all() else HistoryPairs(self.row[first], self.item[first], self.n)

    def between(self, start: int, stop: int) -> HistoryPairs:
        """The pairs of some rows, which count from 0."""
        own = slice(*np.searchsorted(self.row, [start, stop]))
        return HistoryPairs(self.row[own] - start, self.item[own], stop - start)


@dataclass(frozen=True)
class Entries:
    """Entries of sparse rows, each once: its row in rising order, its column and its value."""

    row: Ints
    column: Ints
    value: Floats
    offsets: Ints
    width: int

    @classmethod
    def of(cls, scores: Sparse) -> Entries:
        """The entries of a matrix in sparse rows."""
        row = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
        value = scores.data.astype(np.float32, copy=False)
        return cls(row, scores.indices, value, scores.indptr, scores.shape[1])

    def between(self, start: int, stop: int) -> Entries:
        """The entries of some rows, which count from 0."""
        first, last = self.offsets[[start, stop]].tolist()
        own, offsets = slice(first, last), self.offsets[start : stop + 1] - first
        return Entries(
            self.row[own] - start, self.column[own], self.value[own], offsets, self.width
        )

    def spread(self, values: Floats) -> Floats:
        """A value of each row, given to each of its entries."""
        return np.repeat(values, np.diff(self.offsets))

    def reduced(self, reduce: np.ufunc, values: Floats) -> Floats:
        """A value of each entry, reduced to one of each row; 0 where there are none."""
        filled = np.diff(self.offsets) > 0
        reduced = np.zeros(len(filled), values.dtype)
        if filled.any():
            reduced[filled] = reduce.reduceat(values, self.offsets[:-1][filled])
        return reduced

    def among(self, pairs: HistoryPairs) -> Bools:
        """True for entries that are among the pairs."""
        found = np.empty(len(self.row), bool)
        size = max(1, min(pairs.n, TABLE // self.width))
        marked = np.zeros(size * self.width, bool)
        for start in range(0, pairs.n, size):
            some = pairs.between(start, min(start + size, pairs.n))
            marks = some.row * self.width + some.item
            marked[marks] = True
            own = slice(*np.searchsorted(self.row, [start, start + size]))
            found[own] = marked[(self.row[own] - start) * self.width + self.column[own]]
            marked[marks] = False
        return found


def sparse_odds(
    entries: Entries, scale: ScoreScale, pairs: HistoryPairs
) -> tuple[Floats, Floats, Floats]:
    """Odds of the entries, of the items without one, and their sums, as of `ScoreScale.odds`.

    Args:
        pairs: the items of the histories, which are no part of the sums.
    """
    row, value = entries.row, entries.value
    own = np.flatnonzero(entries.among(pairs))
    if scale.shape == POWER:
        top = entries.reduced(np.maximum, value)
        top[top < np.finfo(np.float32).tiny] = 1
        logs = value * entries.spread(1 / top)
        np.maximum(logs, 0, out=logs)
        logs += np.float32(FLOOR)
        np.log(logs, out=logs)
        zero = np.full(len(top), np.log(np.float32(FLOOR)))
    else:
        counted = value.copy()
        counted[own] = 0  # some items have no entry, and score as much
        top = np.maximum(entries.reduced(np.maximum, counted), 0)
        logs, zero = value - entries.spread(top), -top
    sharp = np.float32(scale.factor)
    logs *= sharp
    if scale.shape != POWER:
        np.minimum(logs, HIGHEST, out=logs)
    odds: Floats = np.exp(logs, out=logs)
    at_zero: Floats = np.exp(zero * sharp)
    n_own = np.bincount(row[own], minlength=pairs.n)
    reached = entries.reduced(np.add, odds.astype(float))
    reached -= np.bincount(row[own], weights=odds[own], minlength=pairs.n)
    others = entries.width - pairs.counts - (np.diff(entries.offsets) - n_own)
    sums = np.maximum(reached, 0) + others * at_zero
    return odds, at_zero, np.where(sums > 0, sums, 1)
