"""Requests for lists: users, their histories, and what each is not recommended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lrec.base.arrays import Ints, Strings
from lrec.commands.recommend.restriction import masked_items
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.ranking.user_batches import batches


@dataclass(frozen=True)
class Requests:
    """Users who get a list each.

    Attributes:
        users: `(n,)` ids.
        histories: of these users, in codes of the model's catalogue.
        masked: items of each user that are not recommended to them.
        excluded: codes of items that are recommended to no user.
    """

    users: Strings
    histories: Histories
    masked: Histories
    excluded: Ints

    def queries(self, rows: Ints) -> Queries:
        """The queries of some users, with what is excluded listed for each of them."""
        history, nothing = self.histories.take(rows), Histories.of([[]] * len(rows))
        return Queries(
            history, history, nothing, masked_items(self.masked.take(rows), self.excluded)
        )

    def batches(self, n_items: int) -> Iterator[Queries]:
        """The queries of all users, so many at once as a catalogue of `n_items` allows."""
        return map(self.queries, batches(len(self.users), n_items))
