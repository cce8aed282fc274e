"""What a data set holds: everything that happened, and what is known of the items."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, Strings


class Truth(Protocol):
    """Ground truth that a generated data set keeps, so that an oracle can be scored."""

    def preference(self, user: Ints, timestamp: Ints) -> Floats:
        """Probability of each item as the user's next choice, `(batch, n_items)` float32."""

    def rating(self, user: Ints, item: Ints, timestamp: Ints) -> Floats:
        """Expected rating of each pair, `(n,)` float32."""

    def take(self, items: Ints) -> Truth:
        """The same truth with the items in another order."""


@dataclass(frozen=True)
class ItemFeatures:
    """What is known of the items beside who took them; rows follow the item codes.

    Attributes:
        titles: `(n_items,)` str, or None.
        genres: `(n_items, n_genres)` float32, 1 where the item has the genre, or None.
        genre_names: `n_genres` names.
        vectors: `(n_items, width)` float32 of the catalogue's items only, see `lrec.data.feature`,
            or None.
    """

    titles: Strings | None = None
    genres: Floats | None = None
    genre_names: tuple[str, ...] = ()
    vectors: Floats | None = None

    def take(self, items: Ints) -> ItemFeatures:
        """The features of `items`, in that order."""
        return replace(
            self,
            titles=None if self.titles is None else self.titles[items],
            genres=None if self.genres is None else self.genres[items],
            vectors=None if self.vectors is None else self.vectors[items],
        )


@dataclass(frozen=True)
class CleaningStep:
    """What one cleaning step removed; `users_lost` counts whole users by their activity."""

    name: str
    rows_removed: int
    items_lost: int
    users_lost: dict[str, int]


@dataclass(frozen=True)
class Behavior:
    """A kind of interaction, such as view or purchase.

    Attributes:
        name: as the data has it.
        weight: how much an interaction of it counts in training; 0 where it is left out.
        target: whether validation and test ask for it.
        found: rows before cleaning.
    """

    name: str
    weight: float
    target: bool
    found: int


@dataclass(frozen=True)
class Interactions:
    """Everything that happened, in file order.

    Attributes:
        user, item: `(n,)` int32 codes into `user_ids` and `item_ids`.
        rating: `(n,)` float32, or None where the data has none.
        timestamp: `(n,)` int64 seconds (or positions, where `clock` is false), or None.
        behavior: `(n,)` int32 codes into `behaviors`, or None where the data tells none.
        weight: `(n,)` float32, how much each counts in training, or None where all count 1.
        clock: whether timestamps of different users can be compared.
        digest: hex digest of the cleaned content.
        audit: what cleaning removed, step by step.
    """

    user: Ints
    item: Ints
    rating: Floats | None
    timestamp: Ints | None
    user_ids: Strings
    item_ids: Strings
    behavior: Ints | None = None
    weight: Floats | None = None
    behaviors: tuple[Behavior, ...] = ()
    clock: bool = True
    features: ItemFeatures = field(default_factory=ItemFeatures)
    audit: tuple[CleaningStep, ...] = ()
    digest: str = ""
    truth: Truth | None = None

    def __len__(self) -> int:
        return len(self.user)

    @property
    def n_users(self) -> int:
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        return len(self.item_ids)

    @cached_property
    def activity(self) -> Ints:
        """Interactions of each user, `(n_users,)`."""
        return np.bincount(self.user, minlength=self.n_users)

    @cached_property
    def popularity(self) -> Ints:
        """Interactions of each item, `(n_items,)`."""
        return np.bincount(self.item, minlength=self.n_items)

    @property
    def is_target(self) -> Bools:
        """What validation and test may ask for, `(n,)`: all, but where behaviours say less."""
        if self.behavior is None:
            return np.ones(len(self), bool)
        targets: Bools = np.array([behavior.target for behavior in self.behaviors])[self.behavior]
        return targets

    def keep(self, rows: Bools) -> Interactions:
        """The interactions that the mask `(n,)` marks; users and items keep their codes."""
        kept = entries(self, ("user", "item", "behavior", *DETAILS), np.flatnonzero(rows))
        return replace(self, **kept)


# What histories may know of each of their items.
DETAILS = ("rating", "timestamp", "weight")


def entries(source: object, names: Iterable[str], places: Ints) -> dict[str, Any]:
    """The entries at the given places of the named arrays; None stays None."""
    arrays = {name: getattr(source, name) for name in names}
    return {name: None if array is None else array[places] for name, array in arrays.items()}
