"""Histories of users as ragged rows of items: the input of every model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, offsets_of, row_counts
from lrec.data.interactions import DETAILS, Interactions, entries


@dataclass(frozen=True)
class Histories:
    """Ragged rows of items, one row a user, oldest first.

    Row r is `item[offsets[r]:offsets[r + 1]]`. A row belongs to user code `user[r]`; a user who is
    not in the data has -1.

    Attributes:
        user: `(n,)` int32.
        offsets: `(n + 1,)` int64.
        item: `(total,)` int32. Codes outside the catalogue may occur; models ignore them.
        rating: `(total,)` float32, or None.
        timestamp: `(total,)` int64, or None.
        weight: `(total,)` float32, of each entry in training, or None where all count 1.

    Example:
        >>> histories = Histories.of([[3, 1], [], [2, 2, 0]])
        >>> histories.lengths.tolist()
        [2, 0, 3]
        >>> histories.item[histories.row == 2].tolist()
        [2, 2, 0]
        >>> histories.newest(1).item.tolist()
        [1, 0]
    """

    user: Ints
    offsets: Ints
    item: Ints
    rating: Floats | None = None
    timestamp: Ints | None = None
    weight: Floats | None = None

    def __len__(self) -> int:
        return len(self.user)

    @cached_property
    def lengths(self) -> Ints:
        """Items in each row, `(n,)` int64."""
        return np.diff(self.offsets)

    @cached_property
    def row(self) -> Ints:
        """Row of each entry of `item`, `(total,)` int64."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @classmethod
    def of(
        cls,
        items: Sequence[Sequence[int]],
        ratings: Sequence[Sequence[float]] | None = None,
    ) -> Histories:
        """Histories from plain lists, for users who are not in the data.

        Args:
            items: `n` lists of item codes, oldest first.
            ratings: lists of the same lengths.
        """
        return cls(
            user=np.full(len(items), -1, np.int32),
            offsets=offsets_of([len(row) for row in items]),
            item=np.array([i for row in items for i in row], np.int32),
            rating=None
            if ratings is None
            else np.array([r for row in ratings for r in row], np.float32),
        )

    @classmethod
    def stacked(cls, parts: Sequence[Histories]) -> Histories:
        """The rows of all parts, one part after the other.

        Ratings, timestamps and weights are kept where all parts have them.
        """

        def joined(name: str) -> Any:
            arrays = [getattr(part, name) for part in parts]
            return None if any(array is None for array in arrays) else np.concatenate(arrays)

        return cls(
            offsets=offsets_of(joined("lengths")),
            **{name: joined(name) for name in ("user", "item", *DETAILS)},
        )

    @classmethod
    def select(cls, data: Interactions, keep: Bools, users: Ints | None = None) -> Histories:
        """The interactions that `keep` marks, grouped by user and ordered by time.

        Equal times keep file order.

        Args:
            keep: `(len(data),)` bool.
            users: the rows to make, `(n,)` sorted user codes (some may stay empty); by default
                every user with an interaction kept.
        """
        if data.position is None:
            data = data.by_user()
            keep = keep[data.position]
        counts = row_counts(keep, data.offsets)
        if users is None:
            users = np.flatnonzero(counts)
        elif np.delete(counts, users).any():
            wanted = np.zeros(data.n_users, bool)
            wanted[users] = True
            keep = keep & np.repeat(wanted, data.activity)
        indices = np.flatnonzero(keep)
        return cls(
            user=users.astype(np.int32),
            offsets=offsets_of(counts[users]),
            **entries(data, ("item", *DETAILS), indices),
        )

    def take(self, rows: Ints) -> Histories:
        """The given rows, `(m,)` int, in that order."""
        lengths = self.lengths[rows]
        offsets = offsets_of(lengths)
        indices = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return self._at(self.user[rows], offsets, indices)

    def between(self, start: int, stop: int) -> Histories:
        """The rows from `start` to before `stop`; their entries are not copied."""
        first, last = self.offsets[[start, stop]].tolist()
        offsets = self.offsets[start : stop + 1] - first
        return self._at(self.user[start:stop], offsets, slice(first, last))

    def keep(self, marked: Bools) -> Histories:
        """The same rows with only the entries that the mask `(total,)` marks."""
        return self._at(self.user, offsets_of(marked)[self.offsets], np.flatnonzero(marked))

    def newest(self, n: int) -> Histories:
        """The same rows with their last `n` entries at most."""
        if self.lengths.max(initial=0) <= n:
            return self
        return self.keep(np.arange(len(self.item)) >= (self.offsets[1:] - n)[self.row])

    def inside(self, n_items: int) -> Bools:
        """True where a catalogue of `n_items` has an entry's item, `(total,)` bool."""
        return (self.item >= 0) & (self.item < n_items)

    def within(self, n_items: int) -> Histories:
        """The same rows without the items that a catalogue of `n_items` does not have."""
        inside = self.inside(n_items)
        return self if inside.all() else self.keep(inside)

    def _at(self, user: Ints, offsets: Ints, indices: Ints | slice) -> Histories:
        return Histories(user, offsets, **entries(self, ("item", *DETAILS), indices))
