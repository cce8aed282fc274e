"""Queries, histories with the items held out behind them; and the split that they belong to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lrec.base.arrays import Bools, Ints, Strings, offsets_of
from lrec.base.errors import DataError
from lrec.base.sets import is_among
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import Truth

MASKED = 1 << 28  # pairs of a user and an item that comes later: they take 10 GB


@dataclass(frozen=True)
class Queries:
    """Histories to rank the catalogue for, and the targets; row r of each is of the same user.

    Attributes:
        history: everything the user did before the target: the model's input.
        train_history: the part of it that buckets count: training history (or, for a user who was
            held out whole, the fold-in part).
        target: the held-out interactions.
        masked_items: the items that may not be recommended, where they are not those of `history`:
            a part of it is kept from the model, or others are not there yet; or None.
    """

    history: Histories
    train_history: Histories
    target: Histories
    masked_items: Histories | None = None

    def __len__(self) -> int:
        return len(self.target)

    @property
    def user(self) -> Ints:
        """User codes of the rows, `(n,)` int32."""
        return self.target.user

    @property
    def masked(self) -> Histories:
        """Items that may not be recommended, `n` rows."""
        return self.history if self.masked_items is None else self.masked_items

    @property
    def owned(self) -> Bools:
        """True for targets that may not be recommended, as the user has them, `(targets,)`."""
        masked, target = self.masked, self.target
        n_codes = np.int64(1 + max(part.item.max(initial=0) for part in (masked, target)))
        return is_among(target.row * n_codes + target.item, masked.row * n_codes + masked.item)

    def take(self, rows: Ints) -> Queries:
        """The given rows, `(m,)` int, in that order."""
        masked_items = None if self.masked_items is None else self.masked_items.take(rows)
        return Queries(
            self.history.take(rows),
            self.train_history.take(rows),
            self.target.take(rows),
            masked_items,
        )

    def revealing(self, n: int) -> Queries:
        """The same queries with the newest n items of each history; all of it stays masked."""
        return replace(self, history=self.history.newest(n), masked_items=self.masked)


def without_later_items(queries: Queries, released: Ints) -> Queries:
    """The queries with items masked that are not there yet when their first target is chosen.

    Args:
        queries: whose targets have times, none without a target.
        released: `(n_items,)` time since which each item of the catalogue is there.

    Raises:
        DataError: they are too many to keep.
    """
    target = queries.target
    assert target.timestamp is not None
    asked = target.timestamp[target.offsets[:-1]]
    order = np.argsort(released, kind="stable")
    first = np.searchsorted(released[order], asked, side="right")  # of those that are not there
    more = len(released) - first
    if not more.any():
        return queries
    if (total := int(more.sum())) > MASKED:
        raise DataError(
            f"{total:,} pairs of a user and an item that comes later are too many to mask: set "
            "dataset.released=null, which lets items be recommended before they are there."
        )
    row = np.repeat(np.arange(len(asked)), more)
    place = np.arange(len(row)) - np.repeat(np.cumsum(more) - more, more) + first[row]
    masked = queries.masked
    rows = np.concatenate([masked.row, row])
    items = np.concatenate([masked.item, order[place].astype(np.int32)])
    offsets = offsets_of(masked.lengths + more)
    together = Histories(masked.user, offsets, items[np.argsort(rows, kind="stable")])
    return replace(queries, masked_items=together)


@dataclass(frozen=True)
class Split:
    """Training histories (one row for each user who has any) and the queries held out.

    Attributes:
        counts: users and interactions of each part, of what was excluded, targets outside the
            catalogue: flat names to numbers, as logged.
        clock: True if timestamps of different users can be compared.
    """

    train: Histories
    validation: Queries
    test: Queries
    catalogue: Catalogue
    user_ids: Strings
    counts: dict[str, float]
    truth: Truth | None = None
    clock: bool = True

    def train_history_of_all(self) -> Histories:
        """The histories that all users are bucketed by, `len(user_ids)` rows by user code.

        That is the training history or, of users held out whole, the fold-in part; empty for users
        who have neither or are in no query.
        """
        held_out = [
            queries.train_history.take(
                np.flatnonzero(~is_among(queries.train_history.user, self.train.user))
            )
            for queries in (self.validation, self.test)
        ]
        histories = Histories.stacked([self.train, *held_out])
        histories = histories.take(np.unique(histories.user, return_index=True)[1])
        lengths = np.zeros(len(self.user_ids), np.int64)
        lengths[histories.user] = histories.lengths
        user = np.arange(len(lengths), dtype=np.int32)
        return replace(histories, user=user, offsets=offsets_of(lengths))
