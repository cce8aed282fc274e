"""`top_k` of arrays: the whole catalogue at once, or a block of it at a time."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.base.bits import sortable, splitmix64

GROUP = 8  # at most so many scores are looked at by their maximum
RUN = 128  # as many at least of such maxima are made in one go, where there are as many
LEAST = np.finfo(np.float32).min  # every score but -inf is this or more
EMPTY = np.iinfo(np.int64).min  # key of a place in a list that no item has
WAITING = 64  # items per user that may wait to be merged


def top_k_arrays(scores: Floats, k: int, users: Ints) -> tuple[Ints, Floats]:
    """The lists of `top_k`: items `(batch, k)` int32, and their scores.

    Args:
        scores: `(batch, n_items)` float32, -inf for what is masked.
        k: length of the lists, at most `n_items`.
        users: `(batch,)` int64, who break ties.
    """
    best = BestItems(users, k)
    best.add(scores, 0)
    return best.lists()


class BestItems:
    """The k best items of each user, of scores that come a block of the catalogue at a time.

    Items are ordered by score, equal scores by a random key of user and item, and equal keys by the
    item, so blocks of any size, in any order, end in the lists of the whole. Memory does not grow
    with the catalogue.

    Args:
        users: `(n,)` int64, who break ties.
        k: length of the lists.
    """

    def __init__(self, users: Ints, k: int) -> None:
        n = len(users)
        self.k = k
        self.users = splitmix64(users.astype(np.int64).astype(np.uint64))
        self.items = np.full((n, k), -1, np.int32)
        self.scores = np.full((n, k), -np.inf, np.float32)
        self.keys = np.full((n, k), EMPTY)
        self.lowest = np.full(n, LEAST, np.float32)  # no score below it gets into the list
        self.maxima: Floats | None = np.full((n, k), LEAST, np.float32)  # until there are lists
        self.waiting: list[tuple[Ints, Ints, Floats]] = []
        self.n_waiting = 0

    def add(self, scores: Floats, first: int) -> None:
        """Let a block of the catalogue into the lists.

        Args:
            scores: `(n, width)` float32, finite, or -inf for what is masked.
            first: item of the block's first column.
        """
        for row, column, score in self._candidates(scores):
            self.waiting.append((row, column + first, score))
            self.n_waiting += len(row)
        if self.n_waiting > WAITING * len(self.users):
            self._merge()

    def lists(self) -> tuple[Ints, Floats]:
        """Items, best first, `(n, k)` int32, -1 where there are no more; and their scores."""
        self._merge()
        return self.items, self.scores

    def _candidates(self, scores: Floats) -> list[tuple[Ints, Ints, Floats]]:
        """Rows, columns and scores of all that may be among the k best; columns far apart form a
        group, of which the maximum is looked at first."""
        n, width = scores.shape
        size = max(1, min(GROUP, width // max(2 * self.k, RUN)))
        groups = width // size
        whole = groups * size
        maxima = scores[:, :whole].reshape(n, size, groups).max(axis=1)
        self._raise_lowest(maxima)
        lowest = self.lowest
        row, group = np.divmod(np.flatnonzero(maxima >= lowest[:, None]), max(groups, 1))
        members = (row * width + group)[:, None] + np.arange(size) * groups
        within = scores.reshape(-1).take(members)
        near, member = np.divmod(np.flatnonzero(within >= lowest[row][:, None]), size)
        found = [(row[near], group[near] + member * groups, within[near, member])]
        if whole < width:
            row, column = np.nonzero(scores[:, whole:] >= lowest[:, None])
            found.append((row, column + whole, scores[row, column + whole]))
        return found

    def _raise_lowest(self, maxima: Floats) -> None:
        """Find a bound while there are no lists: the k best of any parts that a row is cut into
        have k scores from the least of their maxima on, and few parts are quickly sorted.

        Args:
            maxima: `(n, any)`, of parts of the scores that are new.
        """
        if self.maxima is None:
            return
        n, groups = maxima.shape
        size = max(1, groups // (4 * self.k))
        parts = groups // size
        coarse = maxima[:, : size * parts].reshape(n, size, parts).max(axis=1)
        both = np.sort(np.concatenate([self.maxima, coarse], axis=1), axis=1)
        self.maxima = both[:, -self.k :]
        self.lowest = np.maximum(self.maxima[:, 0], LEAST)

    def _merge(self) -> None:
        """Let those who wait into the lists."""
        n, k = self.items.shape
        if not self.n_waiting:
            return
        row, item, score = (np.concatenate(parts) for parts in zip(*self.waiting, strict=True))
        self.waiting, self.n_waiting = [], 0
        key = sortable(score.view(np.int32)).astype(np.int64) << 32
        key += tie_breaks(self.users[row], splitmix64(item.astype(np.uint64)))
        # of places that are empty, those that nobody who waits may fill
        missing = k - np.bincount(row, minlength=n)[:, None]
        stays = (self.keys != EMPTY) | (np.arange(k) < missing)
        row = np.concatenate([np.nonzero(stays)[0], row])
        item = np.concatenate([self.items[stays], item])
        score = np.concatenate([self.scores[stays], score])
        key = np.concatenate([self.keys[stays], key])

        order = np.argsort(key)[::-1]
        small = np.int16 if n <= np.iinfo(np.int16).max else np.int64  # int16: a radix sort
        order = order[np.argsort(row[order].astype(small), kind="stable")]
        if _any_equal(row[order], key[order]):
            order = np.lexsort((item, ~key, row))
        counts = np.bincount(row, minlength=n)  # k or more in each row
        best = order[(np.cumsum(counts) - counts)[:, None] + np.arange(k)]
        self.items, self.scores, self.keys = item[best].astype(np.int32), score[best], key[best]
        self.lowest = np.maximum(self.scores[:, -1], LEAST)
        self.maxima = None


def _any_equal(row: Ints, key: Ints) -> bool:
    """True if neighbours in a row have one key: random keys of two items are equal now and then."""
    return bool(((key[1:] == key[:-1]) & (row[1:] == row[:-1]) & (key[1:] != EMPTY)).any())


def finite(scores: Floats) -> bool:
    """True if no score is NaN or infinite."""
    with np.errstate(over="ignore", invalid="ignore"):  # a sum is faster, and mostly enough
        return bool(np.isfinite(scores.sum()) or np.isfinite(scores).all())


def tie_breaks(users: Ints, items: Ints) -> Ints:
    """Random numbers by which ties are broken, the largest first, int64 below 2**32.

    Args:
        users, items: codes after `splitmix64`, uint64, that broadcast.
    """
    keys = splitmix64(users ^ items)
    keys >>= np.uint64(32)
    signed: Ints = keys.view(np.int64)
    return signed


def tie_break_keys_of(users: Ints, codes: Ints) -> Ints:
    """`lrec.evaluation.ranking.top_k.tie_break_keys` of arrays, `(batch, n)` int64.

    Args:
        codes: `(n,)` or `(batch, n)` uint64, the items' codes after `splitmix64`.
    """
    return tie_breaks(splitmix64(users.astype(np.int64).astype(np.uint64))[:, None], codes)


def order_keys(scores: Floats, users: Ints, items: Ints) -> Ints:
    """Keys of chosen items, by which the whole catalogue is ranked: `(batch, n)` int64.

    Args:
        scores: `(batch, n)` float32.
        users: `(batch,)`, who break ties.
        items: `(batch, n)`.
    """
    levels = sortable(scores.view(np.int32)).astype(np.int64) << 32
    keys: Ints = levels + tie_break_keys_of(users, splitmix64(items.astype(np.uint64)))
    return keys


def best_keys(keys: Ints, k: int, items: Ints | None = None) -> Ints:
    """Columns of the highest keys of each row, best first, `(n, k)`; of equal ones the lower item.

    Args:
        keys: `(n, width)` int64, `EMPTY` where there is no item.
        items: `(n, width)` of the columns, where they are not in the order of the items.
    """
    best = best_columns(keys, min(k + 1, keys.shape[1]))
    ordered = np.take_along_axis(keys, best, axis=1)
    equal = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] != EMPTY)
    for row in np.flatnonzero(equal.any(axis=1)):  # one row in hundreds, at most
        item = np.arange(keys.shape[1]) if items is None else items[row]
        best[row] = np.lexsort((item, ~keys[row]))[: best.shape[1]]
    return best[:, :k]


def best_columns(values: Floats | Ints, wide: int) -> Ints:
    """Columns of the highest values of each row, best first, `(n, wide)`, in any order if equal."""
    first = values.shape[1] - wide
    columns = np.argpartition(values, first, axis=1)[:, first:] if first else _all_columns(values)
    order = np.argsort(np.take_along_axis(values, columns, 1), axis=1)[:, ::-1]
    return np.take_along_axis(columns, order, 1)


def _all_columns(values: Floats | Ints) -> Ints:
    return np.broadcast_to(np.arange(values.shape[1]), values.shape)
