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
        known: the part of it that counts for buckets: training history (or, for a user who was
            held out whole, the fold-in part).
        target: the held-out interactions.
        concealed: what is masked, where that is not the history, because a part of it is kept
            from the model; or None.
    """

    history: Histories
    known: Histories
    target: Histories
    concealed: Histories | None = None

    def __len__(self) -> int:
        return len(self.target)

    @property
    def user(self) -> Ints:
        return self.target.user

    @property
    def masked(self) -> Histories:
        """What may not be recommended."""
        return self.history if self.concealed is None else self.concealed

    def take(self, rows: Ints) -> Queries:
        concealed = None if self.concealed is None else self.concealed.take(rows)
        return Queries(
            self.history.take(rows), self.known.take(rows), self.target.take(rows), concealed
        )

    def revealing(self, n: int) -> Queries:
        """The same questions with the newest n items of each history; all of it stays masked."""
        return replace(self, history=self.history.newest(n), concealed=self.masked)


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
