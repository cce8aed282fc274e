"""The feedback loop, offline: recommend, accept, append, and recommend again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.evaluation.metric import discounts
from lrec.evaluation.ranking import batches
from lrec.evaluation.references import Oracle

# Lists of catalogue items, `(n, k)` int32, -1 where there is none, in a round counted from 1.
Policy = Callable[[Queries, int], Ints]
ANSWER, SHOW = range(2)  # what uniform numbers are drawn for


class Environment(ABC):
    """People who begin with little, and what they say to recommendations.

    The item at rank r is accepted if u(user, item, round) < willingness(user, item) / log2(r + 1).
    The uniform numbers u do not depend on who recommends, so that models meet the same people.

    Args:
        split: its test users are the people.
        start: earliest items of each that are known before the first round.
        seed: of the uniform numbers.

    Attributes:
        start: histories before the first round.
        limit: `(n,)` the most items that each person can come to have.
    """

    limit: Ints

    def __init__(self, split: Split, start: int, seed: int) -> None:
        known, target = split.test.train_history, split.test.target
        self.first = np.arange(len(known.item)) < (known.offsets[:-1] + start)[known.row]
        self.start = known.keep(self.first)
        self.catalogue = split.catalogue
        self.seed = seed
        # what is accepted counts like the strongest behaviour
        self.weight = 1.0 if split.train.weight is None else split.train.weight.max()
        self.now = None
        if target.timestamp is not None:
            self.now = target.timestamp[target.offsets[:-1]]

    @abstractmethod
    def willingness(self, items: Ints, history: Histories) -> Floats:
        """Probability that each item shown is accepted if it is looked at, `(n, k)`; 0 for -1."""

    @abstractmethod
    def rating(self, row: Ints, item: Ints) -> Floats:
        """How people rate items that they accept, `(n,)`; asked only where the data has ratings."""

    def accepted(self, items: Ints, history: Histories, turn: int) -> Bools:
        """Which items of the lists `(n, k)` of a round people accept."""
        luck = uniform(self.seed, ANSWER, turn, history.user[:, None], items)
        accepted: Bools = luck < self.willingness(items, history) * discounts(items.shape[1])
        return accepted

    def grown(self, history: Histories, items: Ints, accepted: Bools) -> Histories:
        """Histories with what was accepted behind them, in the order of the ranks."""
        row, rank = np.nonzero(accepted)
        end, item = history.offsets[1:][row], items[row, rank]
        counts = np.cumsum(accepted.sum(axis=1))
        rating, timestamp, weight = history.rating, history.timestamp, history.weight
        if rating is not None:
            rating = np.insert(rating, end, self.rating(row, item).astype(np.float32))
        if timestamp is not None and self.now is not None:
            timestamp = np.insert(timestamp, end, self.now[row])
        if weight is not None:
            weight = np.insert(weight, end, self.weight)
        return Histories(
            user=history.user,
            offsets=history.offsets + np.concatenate([[0], counts]),
            item=np.insert(history.item, end, item),
            rating=rating,
            timestamp=timestamp,
            weight=weight,
        )


class HeldOutEnvironment(Environment):
    """People who accept what they really did later: every other item of theirs, and no more."""

    def __init__(self, split: Split, start: int, seed: int) -> None:
        super().__init__(split, start, seed)
        later, target = split.test.train_history.keep(~self.first), split.test.target
        row = np.concatenate([later.row, target.row])
        pairs = self._pairs(row, np.concatenate([later.item, target.item]))
        self.wanted, place = np.unique(pairs, return_index=True)
        self.ratings = None
        if later.rating is not None and target.rating is not None:
            self.ratings = np.concatenate([later.rating, target.rating])[place]
        new = ~np.isin(self.wanted, self._pairs(self.start.row, self.start.item))
        new &= self.wanted % len(self.catalogue.ids) < self.catalogue.n_items
        rows = self.wanted[new] // len(self.catalogue.ids)
        self.limit = self.start.lengths + np.bincount(rows, minlength=len(self.start))

    def willingness(self, items: Ints, history: Histories) -> Floats:
        pairs = self._pairs(np.arange(len(items))[:, None], items)
        wanted: Bools = (items >= 0) & (self.wanted[self._place(pairs)] == pairs)
        return wanted.astype(float)

    def rating(self, row: Ints, item: Ints) -> Floats:
        assert self.ratings is not None
        ratings: Floats = self.ratings[self._place(self._pairs(row, item))]
        return ratings

    def _pairs(self, row: Ints, item: Ints) -> Ints:
        pairs: Ints = row.astype(np.int64) * len(self.catalogue.ids) + item
        return pairs

    def _place(self, pairs: Ints) -> Ints:
        return np.searchsorted(self.wanted, pairs).clip(max=len(self.wanted) - 1)


class GroundTruthEnvironment(Environment):
    """People of generated data, who accept by its ground truth.

    Willingness is the true preference for an item, as of the user's first held-out interaction,
    divided by the largest among the catalogue's items that the user does not have: the best item
    left is always taken at rank 1.
    """

    def __init__(self, split: Split, start: int, seed: int) -> None:
        super().__init__(split, start, seed)
        assert split.truth is not None
        self.truth = split.truth
        self.oracle = Oracle(split.truth, split.catalogue, split.test)
        self.limit = self.start.lengths + self.catalogue.n_items

    def willingness(self, items: Ints, history: Histories) -> Floats:
        willing = np.zeros(items.shape)
        for rows in batches(len(items), self.catalogue.n_items):
            has = history.take(rows).within(self.catalogue.n_items)
            left = self.oracle.score(has).astype(float)
            left[has.row, has.item] = 0
            best = left.max(axis=1, keepdims=True)
            asked = np.take_along_axis(left, items[rows].clip(0), axis=1)
            willing[rows] = asked / np.where(best > 0, best, 1)
        return np.where(items >= 0, willing, 0)

    def rating(self, row: Ints, item: Ints) -> Floats:
        assert self.now is not None
        return self.truth.rating(self.start.user[row], item, self.now[row])


@dataclass(frozen=True)
class Rollout:
    """What happened to the people of a world with one model.

    Attributes:
        shown: `(rounds, n, k)` int32 items recommended, best first; -1 where there was none.
        accepted: `(rounds, n, k)` bool.
        history: of each person at the end.
    """

    shown: Ints
    accepted: Bools
    history: Histories


def roll_out(environment: Environment, recommend: Policy, rounds: int) -> Rollout:
    """Recommend to everybody, append what is accepted, and again."""
    history, shown, accepted = environment.start, [], []
    for turn in range(1, rounds + 1):
        nothing = history.keep(np.zeros(len(history.item), bool))
        shown.append(recommend(Queries(history, history, nothing), turn))
        accepted.append(environment.accepted(shown[-1], history, turn))
        history = environment.grown(history, shown[-1], accepted[-1])
    return Rollout(np.stack(shown), np.stack(accepted), history)


def random_policy(n_items: int, k: int, seed: int) -> Policy:
    """The control: k items of the catalogue, uniformly at random, without what the user has."""

    def recommend(queries: Queries, turn: int) -> Ints:
        items = np.empty((len(queries), min(k, n_items)), np.int32)
        for rows in batches(len(queries), n_items):
            has = queries.history.take(rows).within(n_items)
            key = uniform(seed, SHOW, turn, has.user[:, None], np.arange(n_items))
            key[has.row, has.item] = 1
            best = np.argpartition(key, items.shape[1] - 1, axis=1)[:, : items.shape[1]]
            order = np.take_along_axis(key, best, axis=1)
            best = np.where(order < 1, best, -1)
            items[rows] = np.take_along_axis(best, order.argsort(axis=1), axis=1)
        return items

    return recommend


def uniform(seed: int, *keys: Ints | int) -> Floats:
    """Numbers in [0, 1) that depend on nothing but seed and keys, which broadcast; float64.

    The keys are chained through the finaliser of SplitMix64 (Steele et al. 2014).
    """
    mixed = _mix(np.array([seed], np.uint64))
    for key in keys:
        mixed = _mix(mixed ^ np.asarray(key).astype(np.uint64))
    return (mixed >> np.uint64(11)) * 2.0**-53


def _mix(x: Ints) -> Ints:
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
