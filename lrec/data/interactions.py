"""Interactions of users with items, integer-coded; the features of the items."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, Sparse, Strings, offsets_of
from lrec.data.genre_matrix import as_sparse
from lrec.data.used_columns import UsedColumns
from lrec.data.user_order import user_order

if TYPE_CHECKING:
    import pandas as pd
ALWAYS = int(np.iinfo(np.int64).min)  # the date of an item whose date is not known


class Truth(Protocol):
    """Ground truth that a generated data set keeps, so that an oracle can be scored."""

    def preference(self, user: Ints, timestamp: Ints) -> Floats:
        """Probability of each item as the user's next choice, `(batch, n_items)` float32."""

    def rating(self, user: Ints, item: Ints, timestamp: Ints) -> Floats:
        """Expected rating of each pair, `(n,)` float32."""

    def take(self, items: Ints) -> Truth:
        """The same truth of the items `(n_items,)`, in that order."""


@dataclass(frozen=True)
class ItemFeatures:
    """Content of the items, as opposed to their interactions; rows follow the item codes.

    Attributes:
        titles: `(n_items,)` str, or None.
        genres: `(n_items, n_genres)` float32, 1 where the item has the genre, or None; sparse, and
            made so where it is given dense.
        genre_names: `n_genres` names.
        vectors: `(n_items, width)` float32 of the catalogue's items only, see `lrec.data.feature`,
            or None.
        described: `(n_items,)` bool, True where the items file has a row; None without such a file.
        released: `(n_items,)` int64 seconds since which an item is there, `ALWAYS` where that is
            not known; None without such dates.
    """

    titles: Strings | None = None
    genres: Sparse | None = None
    genre_names: tuple[str, ...] = ()
    vectors: Floats | None = None
    described: Bools | None = None
    released: Ints | None = None

    def __post_init__(self) -> None:
        if self.genres is not None:
            object.__setattr__(self, "genres", as_sparse(self.genres))

    def take(self, items: Ints) -> ItemFeatures:
        """The features of the items `(m,)`, in that order."""
        return replace(
            self,
            titles=None if self.titles is None else self.titles[items],
            genres=None if self.genres is None else self.genres[items],
            vectors=None if self.vectors is None else self.vectors[items],
            described=None if self.described is None else self.described[items],
            released=None if self.released is None else self.released[items],
        )


@dataclass(frozen=True)
class CleaningStep:
    """Rows, items and users that one cleaning step removed; users by their activity before it."""

    name: str
    rows_removed: int
    items_lost: int
    users_lost: dict[str, int]


@dataclass(frozen=True)
class Behavior:
    """A kind of interaction, such as view or purchase.

    Attributes:
        name: as the data has it.
        weight: of its interactions in training; 0 where they are left out.
        target: True if validation and test hold it out.
        rows: before cleaning.
    """

    name: str
    weight: float
    target: bool
    rows: int


@dataclass(frozen=True, eq=False)  # arrays have no single truth; equal content has one digest
class Interactions:
    """All interactions of a data set, in file order or grouped by user.

    Attributes:
        user, item: `(n,)` int32 codes into `user_ids` and `item_ids`.
        rating: `(n,)` float32, or None where the data has none.
        timestamp: `(n,)` int64 seconds (or positions, where `clock` is False), or None.
        user_ids, item_ids: `(n_users,)` and `(n_items,)` str, the original ids.
        behavior: `(n,)` int32 codes into `behaviors`, or None where the data has no such column.
        weight: `(n,)` float32, of each in training, or None where all count 1.
        known: `(n,)` int64, since when a pair has been known to the model that goes on learning, -1
            where it has not; or None. What is known is history, and never held out.
        part: `(n,)` int8 codes into `PARTS` of `lrec.data.ready_made`, where the data comes with a
            split; or None.
        position: `(n,)` int32, each row's place in file order, where rows are grouped by user and
            ordered by time; None where they are in file order.
        unique_pairs: True if it is known that no user has an item twice.
        clock: True if timestamps of different users can be compared.
        audit: removals by cleaning, step by step.
        notes: of what reading found odd, each a line.
        columns, items_columns: of the tables of interactions and items, by their roles, or None
            where there is no such table.
        items_table: of data from frames, the table of items as it was given, of which those that
            nobody has are wanted with `catalogue=all`; else None.
        all_items: True if every item with a row in the items file belongs to the catalogue, also
            one that nobody has.
        digest: hex digest of the cleaned content.

    Example:
        >>> import numpy as np
        >>> data = Interactions(
        ...     user=np.array([0, 1, 0], np.int32),
        ...     item=np.array([0, 0, 1], np.int32),
        ...     rating=None,
        ...     timestamp=np.array([10, 20, 30]),
        ...     user_ids=np.array(["ann", "bob"]),
        ...     item_ids=np.array(["Alien", "Brazil"]),
        ... )
        >>> len(data), data.n_users, data.n_items
        (3, 2, 2)
        >>> data.activity.tolist(), data.popularity.tolist()
        ([2, 1], [2, 1])
        >>> data.keep(data.timestamp > 10).user.tolist()
        [1, 0]
        >>> data.by_user().user.tolist(), data.by_user().position.tolist()
        ([0, 0, 1], [0, 2, 1])
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
    known: Ints | None = None
    part: Ints | None = None
    position: Ints | None = None
    unique_pairs: bool = False
    clock: bool = True
    features: ItemFeatures = field(default_factory=ItemFeatures)
    audit: tuple[CleaningStep, ...] = ()
    notes: tuple[str, ...] = ()
    columns: UsedColumns | None = None
    items_columns: UsedColumns | None = None
    items_table: pd.DataFrame | None = field(default=None, repr=False)
    all_items: bool = False
    digest: str = ""
    truth: Truth | None = None

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        user: str = "auto",
        item: str = "auto",
        rating: str | None = "auto",
        timestamp: str | None = "auto",
        items: pd.DataFrame | None = None,
        **options: Any,
    ) -> Interactions:
        """Read and clean a data frame as `dataset=csv` does a file, with the same errors.

        Args:
            frame: a row for each interaction.
            user, item, rating, timestamp: columns; `auto` takes one of a usual name, such as
                user_id, and None no ratings or no times. Times are numbers of seconds since 1970,
                ISO dates, or datetimes.
            items: a row for each item, with the column `item` and titles or genres, or None.
            options: other keys of `conf/dataset/csv.yaml`: `time_unit="ms"`, `min_rating=4`,
                `duplicates="first"`, `missing="drop"`, `k_core=5`, …

        Raises:
            ConfigError: it is no frame, or an option does not fit.
            DataError: the frame is not usable; one line says why, and what to do.

        Example:
            >>> import pandas as pd
            >>> plays = pd.DataFrame({"who": ["ann", "bob", "ann"], "what": ["x", "x", "y"]})
            >>> data = Interactions.from_frame(plays, user="who", item="what")
            >>> len(data), data.n_users, data.n_items
            (3, 2, 2)
        """
        from lrec.data.frames import interactions_of

        chosen = {"user": user, "item": item, "rating": rating, "timestamp": timestamp}
        return interactions_of(frame, items, {**chosen, **options})

    def __len__(self) -> int:
        return len(self.user)

    def __repr__(self) -> str:
        counts = f"{self.n_users:,} users, {self.n_items:,} items, {len(self):,} interactions"
        removed = [f"{s.rows_removed:,} {s.name}" for s in self.audit if s.rows_removed]
        return f"Interactions({counts}{'; removed: ' if removed else ''}{', '.join(removed)})"

    @property
    def n_users(self) -> int:
        """Number of users."""
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.item_ids)

    @cached_property
    def activity(self) -> Ints:
        """Interactions of each user, `(n_users,)` int64."""
        return np.bincount(self.user, minlength=self.n_users)

    @cached_property
    def offsets(self) -> Ints:
        """Offsets of each user's interactions where they are grouped, `(n_users + 1,)` int64."""
        return offsets_of(self.activity)

    @cached_property
    def popularity(self) -> Ints:
        """Interactions of each item, `(n_items,)` int64."""
        return np.bincount(self.item, minlength=self.n_items)

    @property
    def is_target(self) -> Bools:
        """True where validation and test may hold an interaction out, `(n,)`; by its behaviour."""
        if self.behavior is None:
            return np.ones(len(self), bool)
        targets: Bools = np.array([behavior.target for behavior in self.behaviors])[self.behavior]
        return targets

    def keep(self, rows: Bools) -> Interactions:
        """The interactions that the mask `(n,)` marks; users and items keep their codes."""
        return self.at(np.flatnonzero(rows))

    def at(self, indices: Ints) -> Interactions:
        """The interactions at the indices `(m,)`, in that order."""
        return replace(self, **entries(self, (*ROWS, *DETAILS), indices))

    def by_user(self) -> Interactions:
        """The interactions grouped by user and ordered by time; equal times keep file order."""
        if self.position is not None:
            return self
        order = user_order(self.user, self.timestamp, self.n_users)
        return replace(self.at(order), position=order.astype(np.int32, copy=False))

    def in_file_order(self) -> Interactions:
        """The interactions as the file has them."""
        if self.position is None:
            return self
        return replace(self.at(np.argsort(self.position)), position=None)


# Arrays with an entry for each interaction; DETAILS are those that histories have too.
ROWS = ("user", "item", "behavior", "known", "part", "position")
DETAILS = ("rating", "timestamp", "weight")


def entries(source: object, names: Iterable[str], indices: Ints | slice) -> dict[str, Any]:
    """The entries at the indices `(m,)` of the named arrays, each `(m,)`; None stays None."""
    arrays = {name: getattr(source, name) for name in names}
    return {name: None if array is None else array[indices] for name, array in arrays.items()}
