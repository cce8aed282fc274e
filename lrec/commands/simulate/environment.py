"""Environments of the feedback loop: users who accept some of the items shown to them."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, offsets_of
from lrec.base.bits import splitmix64
from lrec.base.sets import is_among
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.evaluation.metric import discounts
from lrec.evaluation.ranking.user_batches import batches
from lrec.evaluation.references import Oracle

# Purposes of uniform numbers, which make them independent: what is accepted, what is shown.
ACCEPT, SHOW = range(2)


class Environment(ABC):
    """Users who begin with few items, and their response to recommendations.

    The item at rank r is accepted if u(user, item, round) < willingness(user, item) / log2(r + 1).
    The uniform numbers u do not depend on the policy: all policies meet the same users.

    Args:
        split: its test users are the environment's.
        start: earliest items of each user that are in the history before the first round.
        seed: of the uniform numbers.

    Attributes:
        start: histories before the first round, `n` rows.
        limit: `(n,)` largest number of items that each user can come to have.
    """

    limit: Ints

    def __init__(self, split: Split, start: int, seed: int) -> None:
        history, target = split.test.train_history, split.test.target
        self.first = np.arange(len(history.item)) < (history.offsets[:-1] + start)[history.row]
        self.start = history.keep(self.first)
        self.catalogue = split.catalogue
        self.seed = seed
        # an accepted item counts like the strongest behaviour
        self.weight = 1.0 if split.train.weight is None else split.train.weight.max()
        self.now = None
        if target.timestamp is not None:
            self.now = target.timestamp[target.offsets[:-1]]

    @abstractmethod
    def willingness(self, items: Ints, history: Histories) -> Floats:
        """Probability that each item shown is accepted if it is looked at, `(n, k)`; 0 for -1."""

    @abstractmethod
    def rating(self, row: Ints, item: Ints) -> Floats:
        """Ratings of accepted items by their users, `(m,)`; only for data with ratings."""

    def accepted(self, items: Ints, history: Histories, number: int) -> Bools:
        """Draw the items that are accepted in a round.

        Args:
            items: `(n, k)` shown, best first; -1 where a list has ended.
            history: of each user before the round.
            number: of the round, from 1.

        Returns:
            `(n, k)`.
        """
        draws = uniform(self.seed, ACCEPT, number, history.user[:, None], items)
        accepted: Bools = draws < self.willingness(items, history) * discounts(items.shape[1])
        return accepted

    def grown(self, history: Histories, items: Ints, accepted: Bools) -> Histories:
        """Append the accepted items to the histories, in the order of the ranks."""
        row, rank = np.nonzero(accepted)
        end, item = history.offsets[1:][row], items[row, rank]
        rating, timestamp, weight = history.rating, history.timestamp, history.weight
        if rating is not None:
            rating = np.insert(rating, end, self.rating(row, item).astype(np.float32))
        if timestamp is not None and self.now is not None:
            timestamp = np.insert(timestamp, end, self.now[row])
        if weight is not None:
            weight = np.insert(weight, end, self.weight)
        return Histories(
            user=history.user,
            offsets=history.offsets + offsets_of(accepted.sum(axis=1)),
            item=np.insert(history.item, end, item),
            rating=rating,
            timestamp=timestamp,
            weight=weight,
        )


class HeldOutEnvironment(Environment):
    """Users who accept exactly the items that they really had later in the data."""

    def __init__(self, split: Split, start: int, seed: int) -> None:
        super().__init__(split, start, seed)
        rest, target = split.test.train_history.keep(~self.first), split.test.target
        row = np.concatenate([rest.row, target.row])
        pairs = self._pairs(row, np.concatenate([rest.item, target.item]))
        self.later, index = np.unique(pairs, return_index=True)
        self.ratings = None
        if rest.rating is not None and target.rating is not None:
            self.ratings = np.concatenate([rest.rating, target.rating])[index]
        new = ~is_among(self.later, self._pairs(self.start.row, self.start.item))
        new &= self.later % len(self.catalogue.ids) < self.catalogue.n_items
        rows = self.later[new] // len(self.catalogue.ids)
        self.limit = self.start.lengths + np.bincount(rows, minlength=len(self.start))

    def willingness(self, items: Ints, history: Histories) -> Floats:
        pairs = self._pairs(np.arange(len(items))[:, None], items)
        is_later: Bools = (items >= 0) & (self.later[self._index(pairs)] == pairs)
        return is_later.astype(float)

    def rating(self, row: Ints, item: Ints) -> Floats:
        assert self.ratings is not None
        ratings: Floats = self.ratings[self._index(self._pairs(row, item))]
        return ratings

    def _pairs(self, row: Ints, item: Ints) -> Ints:
        """One integer for each pair of row and item."""
        pairs: Ints = row.astype(np.int64) * len(self.catalogue.ids) + item
        return pairs

    def _index(self, pairs: Ints) -> Ints:
        """Index of each pair in `later`, if it is there."""
        return np.searchsorted(self.later, pairs).clip(max=len(self.later) - 1)


class GroundTruthEnvironment(Environment):
    """Users of generated data, who accept by its ground truth.

    Willingness is the true preference for an item, as of the user's first held-out interaction,
    divided by the largest among the catalogue's items that the user does not have: the best item
    left is always accepted at rank 1.
    """

    def __init__(self, split: Split, start: int, seed: int) -> None:
        super().__init__(split, start, seed)
        assert split.truth is not None
        self.truth = split.truth
        self.oracle = Oracle(split.truth, split.catalogue, split.test)
        self.limit = self.start.lengths + self.catalogue.n_items

    def willingness(self, items: Ints, history: Histories) -> Floats:
        willingness = np.zeros(items.shape)
        for rows in batches(len(items), self.catalogue.n_items):
            owned = history.take(rows).within(self.catalogue.n_items)
            preference = self.oracle.score(owned).astype(float)
            preference[owned.row, owned.item] = 0
            best = preference.max(axis=1, keepdims=True)
            shown = np.take_along_axis(preference, items[rows].clip(0), axis=1)
            willingness[rows] = shown / np.where(best > 0, best, 1)
        return np.where(items >= 0, willingness, 0)

    def rating(self, row: Ints, item: Ints) -> Floats:
        assert self.now is not None
        return self.truth.rating(self.start.user[row], item, self.now[row])


def uniform(seed: int, *keys: Ints | int) -> Floats:
    """Numbers in [0, 1) that depend on nothing but seed and keys, which broadcast; float64.

    The keys are chained through the finaliser of SplitMix64 (Steele et al. 2014).
    """
    mixed = splitmix64(np.array([seed], np.uint64))
    for key in keys:
        mixed = splitmix64(mixed ^ np.asarray(key).astype(np.uint64))
    draws: Floats = (mixed >> np.uint64(11)) * 2.0**-53
    return draws
