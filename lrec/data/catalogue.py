"""The items that can be recommended, and how popular they are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from lrec.base.arrays import Bools, Ints, Strings
from lrec.data.interactions import ItemFeatures


@dataclass(frozen=True)
class Catalogue:
    """The items that can be recommended, and their popularity among training users.

    Those are the items of the training data and, with `catalogue=all`, items that nobody trained
    on. Item codes below `n_items` are the catalogue; ids behind them occur outside the training
    data only: they can be targets (always missed), and models ignore them in a history.

    Attributes:
        ids: `(n_items or more,)` str, original ids of all codes, the catalogue's first.
        popularity: `(n_items,)` int64, training users that have the item; 0 where nobody has.
        interactions: `(n_items,)` int64, training interactions of the item.
        n_users: users with training history.
        all_items: True if it holds every item of the items file, also those that nobody trained on.
    """

    ids: Strings
    popularity: Ints
    interactions: Ints
    n_users: int
    features: ItemFeatures = field(default_factory=ItemFeatures)
    all_items: bool = False

    @property
    def n_items(self) -> int:
        """Number of items that can be recommended."""
        return len(self.popularity)

    @property
    def is_trained(self) -> Bools:
        """True for the items of the training data, `(n_items,)` bool."""
        return self.popularity > 0

    @property
    def n_trained(self) -> int:
        """Codes up to the last item of the training data: those behind nobody trained on."""
        return int(np.flatnonzero(self.popularity)[-1]) + 1 if self.popularity.any() else 0

    def first(self, n_items: int) -> Catalogue:
        """The catalogue of the first items alone; the others keep their codes, behind it."""
        content = self.features
        return replace(
            self,
            popularity=self.popularity[:n_items],
            interactions=self.interactions[:n_items],
            features=replace(
                content, vectors=None if content.vectors is None else content.vectors[:n_items]
            ),
        )

    @cached_property
    def short_head(self) -> Bools:
        """True in the smallest set of items with 80 % of the interactions, `(n_items,)` bool."""
        order = np.argsort(-self.interactions, kind="stable")
        before = np.cumsum(self.interactions[order]) - self.interactions[order]
        head = np.zeros(self.n_items, bool)
        head[order[before < 0.8 * self.interactions.sum()]] = True
        return head
