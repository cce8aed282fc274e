"""Negatives: items that a user never had, drawn for each target that is to be ranked among them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from lrec.base.arrays import Bools, Ints, offsets_of
from lrec.base.bits import splitmix64
from lrec.base.errors import DataError
from lrec.base.sets import unique
from lrec.data.catalogue import Catalogue
from lrec.data.queries import Queries

By = Literal["uniform", "popularity"]


class Negatives:
    """Draws n different items for each target, from those that its user has in no part.

    What is drawn depends on the seed, the user and the target alone: it is the same for every
    model, and whatever other users are asked for.

    Args:
        catalogue: that is drawn from.
        n: negatives of each target.
        by: uniform, or popularity, by which an item is as likely as it has users in training.
    """

    def __init__(self, catalogue: Catalogue, n: int, by: By = "uniform", seed: int = 0) -> None:
        weights = np.ones(catalogue.n_items, np.int64)
        if by == "popularity":
            weights = catalogue.popularity[: catalogue.n_items].astype(np.int64)
        self.n = n
        self.seed = seed
        self.weights = weights
        self.until = np.cumsum(weights)  # item i has the whole numbers from until[i - 1] on

    def __call__(self, queries: Queries) -> Ints:
        """Negatives of every target, `(targets, n)` int32, all different.

        Raises:
            DataError: a user lacks fewer items than that.
        """
        target, known = queries.target, _Known(self.weights, queries)
        self._check(known)
        drawn = np.empty((len(target.item), self.n), np.int32)
        keys = self._keys(target.user[target.row], target.item)
        attempt = np.tile(np.arange(self.n, dtype=np.uint64), (len(drawn), 1))
        row, column = (part.ravel() for part in np.indices(drawn.shape))
        while len(row):
            number = splitmix64(keys[row] + attempt[row, column])
            position = known.skipping(number, target.row[row])
            drawn[row, column] = np.searchsorted(self.until, position, side="right")
            attempt[row, column] += np.uint64(self.n)
            rows = unique(row)
            order = np.argsort(drawn[rows], axis=1, kind="stable")
            index, again = np.nonzero(_repeated(np.take_along_axis(drawn[rows], order, 1)))
            row, column = rows[index], order[index, again]
        return drawn

    def _keys(self, users: Ints, items: Ints) -> Ints:
        """A random number of each target, `(targets,)` uint64."""
        key: Ints = splitmix64(np.full(len(users), self.seed, np.int64).astype(np.uint64))
        for codes in (users, items):
            key = splitmix64(key ^ codes.astype(np.int64).astype(np.uint64))
        return key

    def _check(self, known: _Known) -> None:
        least = int((self.weights > 0).sum() - known.n_drawable.max(initial=0))
        if least < self.n:
            raise DataError(
                f"sampled_negatives must not exceed the items that each test user can be asked "
                f"about and never had: somebody has {least} of them. Received: {self.n}"
            )


class _Known:
    """The items of each query's user in all parts: in training, validation and test.

    An item is an interval of whole numbers, as long as its weight; what a row knows is skipped.

    Attributes:
        n_drawable: known items of each row that would be drawn otherwise, `(n,)`.
    """

    def __init__(self, weights: Ints, queries: Queries) -> None:
        n, n_items = len(queries), len(weights)
        parts = (queries.history, queries.masked, queries.train_history, queries.target)
        inside = [part.within(n_items) for part in parts]
        pairs = unique(np.concatenate([part.row * n_items + part.item for part in inside]))
        row, item = np.divmod(pairs, n_items)
        self.offsets = offsets_of(np.bincount(row, minlength=n))
        self.n_drawable = np.bincount(row, weights=weights[item] > 0, minlength=n).astype(np.int64)
        self.before = offsets_of(weights[item])  # weight of all pairs before each one
        self.total = int(weights.sum())
        self.free = self.total - np.diff(self.before[self.offsets])
        start = (np.cumsum(weights) - weights)[item]
        passed = self.before[:-1] - self.before[self.offsets[row]]
        self.starts = row * (self.total + 1) + start - passed  # where all that is known is left out

    def skipping(self, number: Ints, row: Ints) -> Ints:
        """A random position in the catalogue outside of what a row knows.

        Args:
            number: uint64, of any size.
            row: of each number.
        """
        position = (number % self.free[row].astype(np.uint64)).astype(np.int64)
        index = np.searchsorted(self.starts, row * (self.total + 1) + position, side="right")
        skipped: Ints = self.before[index] - self.before[self.offsets[row]]
        return position + skipped


def _repeated(ordered: Ints) -> Bools:
    """True where a value of a row in rising order is that before it."""
    repeated = np.zeros(ordered.shape, bool)
    np.equal(ordered[:, 1:], ordered[:, :-1], out=repeated[:, 1:])
    return repeated
