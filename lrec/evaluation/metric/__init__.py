"""Ranked lists or rating errors -> one value for each user, or one for a group of users."""

from __future__ import annotations

import inspect
import sys
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, mean_by_row
from lrec.base.config.component import Component
from lrec.base.sets import unique
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories


@dataclass(frozen=True)
class Lists:
    """Ranked lists and the held-out items that they are evaluated with; one row a user.

    Attributes:
        items: `(n, k)` int32 item codes, best first; -1 where the catalogue ran out.
        target: the held-out items, row by row.
        history: the items that the lists were computed from (and that were masked).
        is_personalised: `(n,)` bool, False where the list is a fallback's.
        catalogue: the items and their training popularity.
    """

    items: Ints
    target: Histories
    history: Histories
    is_personalised: Bools
    catalogue: Catalogue

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def hits(self) -> Bools:
        """True where a recommended item is a target, `(n, k)`."""
        targets = np.append(self._target_pairs, np.iinfo(np.int64).max)  # of none, the end is found
        pairs = np.arange(len(self))[:, None] * self._n_codes + self.items
        hits: Bools = (self.items >= 0) & (targets[np.searchsorted(targets, pairs)] == pairs)
        return hits

    @cached_property
    def n_targets(self) -> Ints:
        """Distinct held-out items, `(n,)`."""
        return np.bincount(self._target_pairs // self._n_codes, minlength=len(self))

    @cached_property
    def targets(self) -> tuple[Ints, Ints]:
        """Row and item of each pair of a user and a held-out item, once; each `(m,)` int64."""
        return np.divmod(self._target_pairs, self._n_codes)

    @cached_property
    def _target_pairs(self) -> Ints:
        """Each pair of a user and a held-out item once, as one number, in rising order."""
        return unique(self.target.row * self._n_codes + self.target.item)

    @cached_property
    def _n_codes(self) -> int:
        """More than any item's code: targets may lie outside of a model's catalogue."""
        return int(max(len(self.catalogue.ids), self.target.item.max(initial=0) + 1))

    @cached_property
    def popularity(self) -> Floats:
        """Training users of each recommended item, `(n, k)`; NaN where there is no item."""
        counts = np.append(self.catalogue.popularity.astype(float), np.nan)
        return counts[self.items]

    @cached_property
    def history_popularity(self) -> Floats:
        """Mean of the training users of the items in each history, `(n,)`; NaN of an empty one.

        Items outside the catalogue have none.
        """
        history, n_items = self.history, self.catalogue.n_items
        counts = np.append(self.catalogue.popularity.astype(float), 0)
        popularity = counts[np.minimum(history.item, n_items)]
        return mean_by_row(popularity, history.row, len(history))

    @cached_property
    def n_left(self) -> Ints:
        """Items of the catalogue that are not in the user's history, `(n,)`."""
        history = self.history.within(self.catalogue.n_items)
        pairs = unique(history.row * self._n_codes + history.item)
        own: Ints = np.bincount(pairs // self._n_codes, minlength=len(self))
        return self.catalogue.n_items - own

    def item_values(self, values: Floats) -> Floats:
        """A value of each catalogue item `(n_items,)` laid out along the lists, `(n, k)`."""
        return np.append(values.astype(float), np.nan)[self.items]


class Metric(Component):
    """A measure with a name and a favourable direction.

    Attributes:
        direction: 1 where more is better, -1 where less is, 0 where neither is.
        of_hits: False where it does not ask whether a list was right. Then its better side is one
            among good lists only: a bad list is easily novel.
    """

    direction: int = 1
    of_hits: bool = True

    @property
    def meaning(self) -> str:
        """A sentence for people: the first line of the metric's module."""
        text = inspect.getdoc(sys.modules[type(self).__module__]) or ""
        return text.partition("\n")[0]

    def applies(self, catalogue: Catalogue) -> bool:
        """True if the data has the features that this metric needs."""
        return True


class RankingMetric(Metric):
    """A value for each user from the first k items of the list."""

    @abstractmethod
    def __call__(self, lists: Lists, k: int) -> Floats:
        """The metric of each user at k, `(n,)` float64; NaN where it is not defined."""


class SetMetric(Metric):
    """A value for a group of users from all their lists together."""

    of_hits = False

    @abstractmethod
    def __call__(self, items: Ints, n_items: int) -> float:
        """The metric of a group.

        Args:
            items: `(m, k)` int32 recommended items, -1 where there is none.
            n_items: size of the catalogue.
        """


class RatingMetric(Metric):
    """A value for each user from the errors of predicted ratings."""

    direction = -1

    @abstractmethod
    def __call__(self, error: Floats, row: Ints, n: int) -> Floats:
        """The metric of each user, `(n,)` float64; NaN for users without held-out ratings.

        Args:
            error: `(total,)` prediction minus rating.
            row: `(total,)` user row of each error.
            n: number of users.
        """

    def pool(self, values: Floats, weights: Ints) -> float:
        """The metric over all ratings at once, from the users' values and numbers of ratings."""
        rated = weights > 0
        return float(np.average(values[rated], weights=weights[rated]))


def discounts(k: int) -> Floats:
    """1 / log2(rank + 1) for ranks 1 to k."""
    return 1 / np.log2(np.arange(2, k + 2))


def metric_of(column: str) -> str:
    """The metric of a column of metrics: without the length of lists, the pool or the subsample.

    >>> [metric_of(column) for column in ("recall_at_20", "mse_pooled", "coverage_sub_at_20")]
    ['recall', 'mse', 'coverage']
    """
    name = column.rpartition("_at_")[0] or column
    return name.removesuffix("_pooled").removesuffix("_sub")
