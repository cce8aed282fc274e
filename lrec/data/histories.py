"""The shapes that data takes on its way through lrec: frozen, integer-coded, one row per user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints
from lrec.data.interactions import DETAILS, Interactions, entries


@dataclass(frozen=True)
class Histories:
    """Ragged rows of items, one row a user, oldest first.

    Row r is `item[offsets[r]:offsets[r + 1]]`. A row belongs to user code `user[r]`; a person who
    is not in the data has -1.

    Attributes:
        user: `(n,)` int32.
        offsets: `(n + 1,)` int64.
        item: `(total,)` int32. Codes outside the catalogue may occur; models ignore them.
        rating: `(total,)` float32, or None.
        timestamp: `(total,)` int64, or None.
        weight: `(total,)` float32, how much each entry counts in training, or None where all
            count 1.
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
        """Histories from plain lists, for people who are not in the data."""
        lengths = [len(row) for row in items]
        return cls(
            user=np.full(len(items), -1, np.int32),
            offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            item=np.array([i for row in items for i in row], np.int32),
            rating=None
            if ratings is None
            else np.array([r for row in ratings for r in row], np.float32),
        )

    @classmethod
    def stacked(cls, parts: Sequence[Histories]) -> Histories:
        """The rows of all parts, one part after the other; of details, those that all have."""

        def joined(name: str) -> Any:
            arrays = [getattr(part, name) for part in parts]
            return None if any(array is None for array in arrays) else np.concatenate(arrays)

        return cls(
            offsets=np.concatenate([[0], np.cumsum(joined("lengths"))]),
            **{name: joined(name) for name in ("user", "item", *DETAILS)},
        )

    @classmethod
    def select(cls, data: Interactions, keep: Bools, users: Ints | None = None) -> Histories:
        """The interactions that `keep` marks, grouped by user and ordered by time.

        Equal times keep file order.

        Args:
            keep: `(len(data),)` bool.
            users: the rows to make, sorted user codes (some may stay empty); by default every
                user with an interaction kept.
        """
        places = np.flatnonzero(keep)
        keys = [data.user[places]]
        if data.timestamp is not None:
            keys.insert(0, data.timestamp[places])
        places = places[np.lexsort(keys)]
        counts = np.bincount(data.user[places], minlength=data.n_users)
        if users is None:
            users = np.flatnonzero(counts)
        else:
            wanted = np.zeros(data.n_users, bool)
            wanted[users] = True
            places = places[wanted[data.user[places]]]
        return cls(
            user=users.astype(np.int32),
            offsets=np.concatenate([[0], np.cumsum(counts[users])]).astype(np.int64),
            **entries(data, ("item", *DETAILS), places),
        )

    def take(self, rows: Ints) -> Histories:
        """The given rows, in that order."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return self._at(self.user[rows], offsets, places)

    def keep(self, marked: Bools) -> Histories:
        """The same rows with only the entries that the mask `(total,)` marks."""
        kept = np.concatenate([[0], np.cumsum(marked)])
        return self._at(self.user, kept[self.offsets].astype(np.int64), np.flatnonzero(marked))

    def newest(self, n: int) -> Histories:
        """The same rows with their last `n` entries at most."""
        if self.lengths.max(initial=0) <= n:
            return self
        return self.keep(np.arange(len(self.item)) >= (self.offsets[1:] - n)[self.row])

    def inside(self, n_items: int) -> Bools:
        """Whether a catalogue of `n_items` has each entry's item, `(total,)`."""
        return (self.item >= 0) & (self.item < n_items)

    def within(self, n_items: int) -> Histories:
        """The same rows without the items that a catalogue of `n_items` does not have."""
        known = self.inside(n_items)
        return self if known.all() else self.keep(known)

    def _at(self, user: Ints, offsets: Ints, places: Ints) -> Histories:
        return Histories(user, offsets, **entries(self, ("item", *DETAILS), places))
