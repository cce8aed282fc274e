"""Queries: histories, and what should be recommended after them; and a split that holds them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lrec.base.arrays import Ints, Strings
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import Truth


@dataclass(frozen=True)
class Queries:
    """What a model is asked and what it should have answered; the rows of all three are the same.

    Attributes:
        history: everything the user did before the target: the model's input.
        train_history: what of it counts for buckets: training history (or, for a user who was
            held out whole, the fold-in part).
        target: the held-out interactions.
        concealed: what is masked, where that is not the history, because a part of it is kept
            from the model; or None.
    """

    history: Histories
    train_history: Histories
    target: Histories
    masked_items: Histories | None = None

    def __len__(self) -> int:
        return len(self.target)

    @property
    def user(self) -> Ints:
        return self.target.user

    @property
    def masked(self) -> Histories:
        """What may not be recommended."""
        return self.history if self.masked_items is None else self.masked_items

    def take(self, rows: Ints) -> Queries:
        masked_items = None if self.masked_items is None else self.masked_items.take(rows)
        return Queries(
            self.history.take(rows),
            self.train_history.take(rows),
            self.target.take(rows),
            masked_items,
        )

    def revealing(self, n: int) -> Queries:
        """The same questions with the newest n items of each history; all of it stays masked."""
        return replace(self, history=self.history.newest(n), masked_items=self.masked)


@dataclass(frozen=True)
class Split:
    """Training histories (one row for each user who has any) and the questions asked later.

    Attributes:
        counts: users and interactions of each part, what was excluded, targets outside the
            catalogue: flat names to numbers, as logged.
        clock: whether timestamps of different users can be compared.
    """

    train: Histories
    validation: Queries
    test: Queries
    catalogue: Catalogue
    user_ids: Strings
    counts: dict[str, float]
    truth: Truth | None = None
    clock: bool = True
