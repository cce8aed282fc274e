"""The items that can be recommended, and how popular they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lrec.base.arrays import Bools, Ints, Strings
from lrec.data.interactions import ItemFeatures


@dataclass(frozen=True)
class Catalogue:
    """The items that can be recommended, and their popularity among training users.

    Item codes below `n_items` are the catalogue; ids behind them occur outside the training data
    only: they can be targets (always missed), and models ignore them in a history.

    Attributes:
        ids: `(n_items or more,)` str, original ids of all codes, the catalogue's first.
        popularity: `(n_items,)` int64, training users that have the item.
        interactions: `(n_items,)` int64, training interactions of the item.
        n_users: users with training history.
    """

    ids: Strings
    popularity: Ints
    interactions: Ints
    n_users: int
    features: ItemFeatures = field(default_factory=ItemFeatures)

    @property
    def n_items(self) -> int:
        """Number of items that can be recommended."""
        return len(self.popularity)

    @cached_property
    def short_head(self) -> Bools:
        """True in the smallest set of items with 80 % of the interactions, `(n_items,)` bool."""
        order = np.argsort(-self.interactions, kind="stable")
        before = np.cumsum(self.interactions[order]) - self.interactions[order]
        head = np.zeros(self.n_items, bool)
        head[order[before < 0.8 * self.interactions.sum()]] = True
        return head
