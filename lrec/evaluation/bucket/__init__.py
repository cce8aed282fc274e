"""Users -> named groups, by their training history only."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lrec.base.arrays import Floats, Ints
from lrec.base.config.component import Component
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories

COLD = "cold"
ALL = "all"
NAME = re.compile(r"[a-z0-9_-]+")


@dataclass(frozen=True)
class Buckets:
    """Users sorted into the buckets of one bucketing.

    Attributes:
        bucketing: name of the bucketing.
        names: from the least to the most of whatever it sorts by; `cold` is not among them.
        label: `(n,)` index into `names`, -1 for cold users.
        edges: what the buckets mean, in words, by name.
    """

    bucketing: str
    names: tuple[str, ...]
    label: Ints
    edges: dict[str, str]

    @property
    def column(self) -> NDArray[np.object_]:
        """Bucket name of each user, `(n,)`."""
        return np.array([*self.names, COLD], object)[self.label]


class Bucketing(Component, ABC):
    """A way to sort users into ordered groups; cold users stand apart in every one.

    A subclass declares `names`, learns its edges from the training users, and labels the others.
    """

    names: tuple[str, ...]

    @abstractmethod
    def edges(self, train: Histories, catalogue: Catalogue) -> list[float]:
        """Upper edges of all buckets but the last, in rising order."""

    @abstractmethod
    def measure(self, known: Histories, catalogue: Catalogue) -> Ints | Floats:
        """What users are sorted by, `(n,)`."""

    @abstractmethod
    def describe(self, low: float | None, high: float | None) -> str:
        """A bucket in words: measure above `low` and not above `high`."""

    def sort(self, known: Histories, train: Histories, catalogue: Catalogue) -> Buckets:
        """Sort the users whose training (or fold-in) history is `known`.

        A user falls into the first bucket whose upper edge is not below the measure, so that
        users of equal measure are never parted. No training history at all means cold.

        Raises:
            ValueError: a bucket's name is not fit for a metric's name.
        """
        check_names([self])
        edges = self.edges(train, catalogue)
        label = np.searchsorted(edges, self.measure(known, catalogue), side="left")
        label[known.lengths == 0] = -1
        bounds = [None, *edges, None]
        words = [self.describe(*pair) for pair in pairwise(bounds)]
        return Buckets(self.name, self.names, label, dict(zip(self.names, words, strict=True)))


class ActivityBucketing(Bucketing):
    """Sorts users by the number of their training interactions."""

    def measure(self, known: Histories, catalogue: Catalogue) -> Ints:
        return known.lengths

    def describe(self, low: float | None, high: float | None) -> str:
        if high is None:
            return f"n > {low:g}"
        return f"n <= {high:g}" if low is None else f"{low:g} < n <= {high:g}"


def quantiles(values: Ints, shares: Sequence[float]) -> list[float]:
    """Quantiles by the inverted empirical distribution: always values that occur."""
    return [float(edge) for edge in np.quantile(values, shares, method="inverted_cdf")]


def group_names(bucketings: Iterable[Bucketing]) -> list[str]:
    """Every group that metrics are given for: all users, each bucket, the cold."""
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
