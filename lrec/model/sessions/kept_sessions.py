"""The newest histories of the training data, without the users whose they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Arrays, Floats, Ints, Sparse, offsets_of
from lrec.base.bits import splitmix64
from lrec.data.histories import Histories
from lrec.data.history_matrix import distinct
from lrec.data.queries import Split

DAY = 86_400  # seconds


@dataclass(frozen=True)
class KeptSessions:
    """Histories in an order that their items alone decide, each item once.

    Neither the users' ids are kept, nor their order, which a seeded shuffle would give back to
    whoever knows the seed.

    Attributes:
        histories: each has two items at least.
        age: `(n,)` float32, days by which the newest interaction of each is older than that of the
            newest; 0 where times of different users cannot be compared.
    """

    histories: Histories
    age: Floats

    @classmethod
    def newest(cls, split: Split, n: int, longest: int) -> KeptSessions:
        """The n histories of `split.train` whose last interaction is newest; without times, any.

        Args:
            longest: newest items that are kept of each.
        """
        train = distinct(split.train, split.catalogue.n_items).newest(longest)
        train = train.take(np.flatnonzero(train.lengths > 1))  # a single item has no neighbours
        last: Ints = np.zeros(len(train), np.int64)
        if split.clock and train.timestamp is not None:
            last = train.timestamp[train.offsets[1:] - 1]
        digest = digests(train)
        rows = np.lexsort((digest, -last))[:n]
        rows = rows[np.lexsort((-last[rows], digest[rows]))]
        age = (last.max(initial=0) - last[rows]) / DAY
        kept = train.take(rows)
        return cls(nameless(kept.item, kept.offsets), age.astype(np.float32))

    def of_items(self, n_items: int) -> Sparse:
        """The histories that hold each item, `(n_items, n)` float32 sparse rows of 1."""
        from scipy.sparse import csr_array

        item = self.histories.item
        order = np.argsort(item, kind="stable")
        offsets = offsets_of(np.bincount(item, minlength=n_items))
        row = self.histories.row[order].astype(np.int32)
        parts = (np.ones(len(item), np.float32), row, offsets.astype(np.int32))
        return csr_array(parts, shape=(n_items, len(self.histories)))

    def state(self) -> Arrays:
        """Everything that is kept, as named arrays."""
        return {"item": self.histories.item, "offsets": self.histories.offsets, "age": self.age}

    @classmethod
    def restored(cls, state: Arrays) -> KeptSessions:
        """The histories that `state` gave."""
        return cls(nameless(state["item"], state["offsets"]), state["age"])


def digests(histories: Histories) -> Ints:
    """A number that the items of a history and their order decide, `(n,)` uint64.

    Args:
        histories: none is empty.
    """
    step = np.arange(len(histories.item)) - histories.offsets[:-1][histories.row]
    mixed = splitmix64(step.astype(np.uint64) << np.uint64(32) | histories.item.astype(np.uint64))
    sums = np.add.reduceat(mixed, histories.offsets[:-1]) if len(histories) else mixed
    scrambled: Ints = splitmix64(sums)
    return scrambled


def nameless(item: Ints, offsets: Ints) -> Histories:
    """Histories of nobody in the data."""
    user = np.full(len(offsets) - 1, -1, np.int32)
    return Histories(user, offsets.astype(np.int64), item.astype(np.int32))
