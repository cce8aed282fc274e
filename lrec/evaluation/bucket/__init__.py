"""Users -> named groups, by their training history or an attribute that the data lacks."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lrec.base.arrays import Floats, Ints, Strings
from lrec.base.config.component import Component
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Split

COLD = "cold"
ALL = "all"
SMALLEST_BUCKET = 30  # users: smaller ones have values, but no intervals, and are never the worst
NAME = re.compile(r"[a-z0-9_-]+")


@dataclass(frozen=True)
class Buckets:
    """Users sorted into the buckets of one bucketing.

    Attributes:
        bucketing: name of the bucketing.
        names: in rising order of the measure; `cold` is not among them.
        label: `(n,)` index into `names`, -1 for cold users.
        edges: a description of each bucket, by name.
        ordered: False where no bucket lies above another, so that there is no gap between them.
        fairness: True if the groups are to be compared with each other too.
        note: on users who could not be sorted, for a line on the screen; empty if there are none.
    """

    bucketing: str
    names: tuple[str, ...]
    label: Ints
    edges: dict[str, str]
    ordered: bool = True
    fairness: bool = False
    note: str = ""

    @property
    def column(self) -> NDArray[np.object_]:
        """Bucket name of each user, `(n,)`."""
        return np.array([*self.names, COLD], object)[self.label]


class Bucketing(Component, ABC):
    """Sorts users into groups; users without training history are cold, a group of their own.

    Attributes:
        ordered: True if groups have an order, the least active users first.
    """

    ordered: bool = True

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The groups' names in their order, without `cold`."""

    @classmethod
    @abstractmethod
    def in_order(cls, found: Iterable[str]) -> tuple[str, ...]:
        """The groups' names in their order, of those that occur in a user table."""

    @abstractmethod
    def assign(
        self,
        history: Histories,
        train: Histories,
        catalogue: Catalogue,
        user_ids: Strings | None = None,
    ) -> Buckets:
        """Sort users.

        Args:
            history: of the users, what was trained on (or folded in); none at all means cold.
            train: of all training users, which edges are computed from.
            user_ids: of all user codes, for groups that histories do not tell.

        Raises:
            ValueError: a bucket's name cannot be part of a metric's name.
        """

    def sort(self, history: Histories, split: Split) -> Buckets:
        """`assign` users of a split, by its training part."""
        return self.assign(history, split.train, split.catalogue, split.user_ids)


class HistoryBucketing(Bucketing):
    """Sorts users into ordered groups by a measure of their training history.

    A subclass declares `names`, computes its edges from the training users, and a measure of any.
    """

    names: tuple[str, ...]

    @classmethod
    def in_order(cls, found: Iterable[str]) -> tuple[str, ...]:
        return cls.names

    @abstractmethod
    def edges(self, train: Histories, catalogue: Catalogue) -> list[float]:
        """Upper edges of all buckets but the last, in rising order."""

    @abstractmethod
    def measure(self, history: Histories, catalogue: Catalogue) -> Ints | Floats:
        """The measure that users are sorted by, `(n,)`."""

    @abstractmethod
    def describe(self, low: float | None, high: float | None) -> str:
        """A bucket in words: measure above `low` and not above `high`."""

    def assign(
        self,
        history: Histories,
        train: Histories,
        catalogue: Catalogue,
        user_ids: Strings | None = None,
    ) -> Buckets:
        """Sort users by their training (or fold-in) history.

        A user falls into the first bucket whose upper edge is not below the measure, so that
        users of equal measure are never parted. No training history at all means cold.
        """
        check_names([self])
        edges = self.edges(train, catalogue)
        label = np.searchsorted(edges, self.measure(history, catalogue), side="left")
        label[history.lengths == 0] = -1
        bounds = [None, *edges, None]
        texts = [self.describe(*pair) for pair in pairwise(bounds)]
        return Buckets(self.name, self.names, label, dict(zip(self.names, texts, strict=True)))


class ActivityBucketing(HistoryBucketing):
    """Sorts users by the number of their training interactions."""

    def measure(self, history: Histories, catalogue: Catalogue) -> Ints:
        return history.lengths

    def describe(self, low: float | None, high: float | None) -> str:
        if high is None:
            return f"n > {low:g}"
        return f"n <= {high:g}" if low is None else f"{low:g} < n <= {high:g}"


def quantiles(values: Ints | Floats, shares: Sequence[float]) -> list[float]:
    """Quantiles by the inverted empirical distribution: always values that occur."""
    return [float(edge) for edge in np.quantile(values, shares, method="inverted_cdf")]


def group_names(bucketings: Iterable[Bucketing]) -> list[str]:
    """Names of all groups that metrics are given for: all users, each bucket, cold users."""
    return [ALL, *(name for bucketing in bucketings for name in bucketing.names), COLD]


def check_names(bucketings: Sequence[Bucketing]) -> None:
    """Refuse bucket names that are malformed or shared between bucketings.

    Raises:
        ValueError: with the offending name.
    """
    taken: dict[str, str] = {ALL: "every bucketing", COLD: "every bucketing"}
    for bucketing in bucketings:
        for name in bucketing.names:
            if not NAME.fullmatch(name):
                raise ValueError(f"a bucket's name must match [a-z0-9_-]+. Received: {name!r}")
            if name in taken:
                raise ValueError(
                    f"bucket names must differ between bucketings: {taken[name]} and "
                    f"{bucketing.name} both have one. Received: {name!r}"
                )
            taken[name] = bucketing.name
