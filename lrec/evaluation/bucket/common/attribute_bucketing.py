"""Bucketing by an attribute of the user: categories, or ranges of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from lrec.base.arrays import Floats, Ints, Strings
from lrec.base.errors import DataError, listed
from lrec.data.alignment import index_of
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.bucket import Bucketing, Buckets, check_names, quantiles
from lrec.evaluation.bucket.common.user_attribute import (
    UserAttribute,
    group_name,
    natural_order,
    number_name,
    read_attribute,
)

OTHER, MISSING = "other", "missing"
MOST = 50  # groups: metrics and pages have a column for each


@dataclass(frozen=True)
class _Categories:
    """Groups of values.

    Attributes:
        names: of the groups, `other` last if there is one.
        words: for people.
        group: `(values,)` index into `names` of each value.
    """

    names: list[str]
    words: list[str]
    group: Ints


class AttributeBucketing(Bucketing):
    """Sorts users by one column of a table that is read when the groups are first needed.

    Numbers of more different values than `groups` are parted at quantiles of the training users,
    or at given edges. Of other values the most frequent in the table are groups, and the rest is
    `other`. Users without a value are `missing`; users without training history are cold here too,
    so that groups are not compared by their shares of newcomers.

    Args:
        path: of the table.
        column: with the attribute; `auto` takes the only one beside the ids.
        user: column of the ids, as the data has them; `auto` takes the one with a usual name.
        edges: upper edges of ranges of numbers.
        groups: at most, without `missing`.
        fairness: compare the groups with each other too.

    Raises:
        ValueError: an argument is out of range.
    """

    ordered = False

    def __init__(
        self,
        path: str,
        column: str,
        user: str,
        edges: Sequence[float] | None,
        groups: int,
        fairness: bool,
    ) -> None:
        if not 2 <= groups <= MOST:
            raise ValueError(f"groups must lie between 2 and {MOST}. Received: {groups}")
        if edges is not None:
            rising = all(low < high for low, high in pairwise(edges))
            if not edges or not rising or edges[0] < 0 or len(edges) >= MOST:
                raise ValueError(
                    f"edges must be rising numbers of 0 or more, at most {MOST - 1} of them. "
                    f"Received: {list(edges)}"
                )
        self.path = path
        self.column = column
        self.user = user
        self.given_edges = None if edges is None else [float(edge) for edge in edges]
        self.groups = groups
        self.fairness = fairness

    @property
    def prefix(self) -> str:
        """The beginning of each group's name."""
        return ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        parts = self._range_names if self._is_range else self._categories.names
        return tuple(f"{self.prefix}{part}" for part in (*parts, MISSING))

    @classmethod
    def in_order(cls, found: Iterable[str]) -> tuple[str, ...]:
        def is_rest(name: str) -> int:
            last = name.rpartition("_")[2]
            return (OTHER, MISSING).index(last) + 1 if last in (OTHER, MISSING) else 0

        return tuple(sorted(natural_order(found), key=is_rest))

    def assign(
        self,
        history: Histories,
        train: Histories,
        catalogue: Catalogue,
        user_ids: Strings | None = None,
    ) -> Buckets:
        """Sort users by the table.

        Raises:
            DataError: the table has none of the data's users.
        """
        if user_ids is None:
            raise ValueError(f"bucket={self.name} needs the users' ids")
        check_names([self])
        attribute = self._attribute
        row = index_of(user_ids, attribute.ids)  # of the table, for each user code
        if (row < 0).all():
            raise DataError(
                f"{attribute.file} has no user of the data: it has {listed(attribute.ids[:3])}, "
                f"the data {listed(user_ids[:3])}. bucket.{self.name}.user names the column of ids."
            )
        value = np.where(row >= 0, attribute.index[row], -1)
        known = np.where(history.user >= 0, value[history.user], -1)
        if self._is_range:
            edges = self._edges(value[train.user])
            group: Ints = np.searchsorted(edges, self._numbers[known], side="left")
            words = _range_words(attribute.column, edges)
        else:
            group, words = self._categories.group[known], self._categories.words
        label: Ints = np.where(known >= 0, group, len(self.names) - 1)
        label[history.lengths == 0] = -1
        texts = dict(zip(self.names, [*words, f"no {attribute.column}"], strict=True))
        note = _note(attribute, len(attribute.ids) - int((row >= 0).sum()), int((value < 0).sum()))
        return Buckets(self.name, self.names, label, texts, self.ordered, self.fairness, note)

    @cached_property
    def _attribute(self) -> UserAttribute:
        attribute = read_attribute(self.path, self.user, self.column, f"bucket.{self.name}")
        if self.given_edges is not None and attribute.numbers is None:
            raise DataError(
                f"bucket.{self.name}.edges is for a column of numbers, and {attribute.column} of "
                f"{attribute.file} has {listed(attribute.values[-3:])}."
            )
        return attribute

    @property
    def _numbers(self) -> Floats:
        assert self._attribute.numbers is not None
        return self._attribute.numbers

    @property
    def _is_range(self) -> bool:
        attribute = self._attribute
        many = attribute.numbers is not None and len(attribute.values) > self.groups
        return many or self.given_edges is not None

    @property
    def _range_names(self) -> list[str]:
        if self.given_edges is None:
            return [f"q{number}" for number in range(1, self.groups + 1)]
        edges = [number_name(edge) for edge in self.given_edges]
        return [*(f"le{edge}" for edge in edges), f"over{edges[-1]}"]

    def _edges(self, of_training: Ints) -> list[float]:
        """The upper edges of all ranges but the last, given, or quantiles of the training users.

        Args:
            of_training: code of each training user's value, -1 where there is none.
        """
        if self.given_edges is not None:
            return self.given_edges
        known = of_training[of_training >= 0]
        if not len(known):
            raise DataError(
                f"no training user has a {self._attribute.column} in {self._attribute.file}."
            )
        shares = [number / self.groups for number in range(1, self.groups)]
        return quantiles(self._numbers[known], shares)

    @cached_property
    def _categories(self) -> _Categories:
        attribute = self._attribute
        kept = np.arange(len(attribute.values))
        if len(kept) > self.groups:
            kept = np.sort(np.argsort(-attribute.counts, kind="stable")[: self.groups - 1])
        group = np.full(len(attribute.values), len(kept))  # other
        group[kept] = np.arange(len(kept))
        values = [attribute.values[code] for code in kept]
        names: list[str] = []
        for number, value in enumerate(values, 1):
            name = group_name(value) or f"group{number}"
            taken = name in names or name in (OTHER, MISSING)
            names.append(f"{name}-{number}" if taken else name)
        words = [f"{attribute.column} is {value}" for value in values]
        if len(kept) < len(attribute.values):
            names.append(OTHER)
            words.append(f"another {attribute.column}")
        return _Categories(names, words, group)


def _range_words(column: str, edges: Sequence[float]) -> list[str]:
    """The ranges between the edges in words."""
    between = [f"{low:g} < {column} <= {high:g}" for low, high in pairwise(edges)]
    return [f"{column} <= {edges[0]:g}", *between, f"{column} > {edges[-1]:g}"]


def _note(attribute: UserAttribute, unknown: int, missing: int) -> str:
    """A clause on users who are in the table or in the data only."""
    parts = []
    if unknown:
        total = len(attribute.ids)
        parts.append(f"{unknown:,} of the {total:,} users in {attribute.file} are not in the data")
    if missing:
        parts.append(f"{missing:,} users of the data have no {attribute.column} there")
    return "; ".join(parts)
