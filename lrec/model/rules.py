"""Sequential rules: the items that people had shortly after those of the history, or before."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats, Ints, Sparse, offsets_of
from lrec.base.ranges import check_recency, check_sizes
from lrec.data.histories import Histories
from lrec.model.common.item_item import ItemItemModel
from lrec.model.common.sparse_products import (
    ENTRIES_A_BLOCK,
    blocks_of,
    largest_of_blocks,
    row_sums,
)


class Rules(ItemItemModel):
    """Sequential rules (Ludewig and Jannach 2018, "Evaluation of session-based recommendation").

    w_ij = Σ d^(−decay) / (n_i^antecedent · n_j^consequent), over all places of i and j in one
    history with j d ≤ steps behind i; where j is before i, that counts `backward` times. n is how
    often an item occurs. Each item keeps its largest ones. A score is the sum of the rules of the
    history's items, each by its recency. An interaction of weight w counts w times in every sum.

    Args:
        steps: largest distance of a pair.
        decay: power of the distance that a pair is divided by; 0 counts all pairs alike.
        backward: weight of a pair in which the second item came first; 0 leaves these out.
        recency: weight of a history item for each step back from the newest; 1 weighs all alike,
            and of 0 the newest item alone counts.
        antecedent: power of the penalty on rules from items that occur often.
        consequent: power of the penalty on rules to items that occur often.
        rules: rules that an item keeps.
    """

    name = "rules"
    papers = ("ludewig2018session",)

    def __init__(
        self,
        steps: int = 20,
        decay: float = 0.25,
        backward: float = 0.5,
        recency: float = 0.6,
        antecedent: float = 0.25,
        consequent: float = 0.15,
        rules: int = 400,
    ) -> None:
        check_sizes(steps=steps, rules=rules)
        if recency:
            check_recency(recency)
        if min(decay, backward, antecedent, consequent) < 0:
            raise ValueError(
                "decay, backward, antecedent and consequent must not be negative. "
                f"Received: {decay}, {backward}, {antecedent} and {consequent}"
            )
        self.steps = steps
        self.decay = decay
        self.backward = backward
        self.recency = recency
        self.antecedent = antecedent
        self.consequent = consequent
        self.rules = rules

    def weights_of(self, train: Histories) -> Sparse:
        n_items = self.catalogue.n_items
        train = train.within(n_items)
        places = places_of(train, n_items)
        total = row_sums(places)
        total[total == 0] = 1  # an item of no interaction has no rule
        antecedent, consequent = (
            np.power(total, -power, dtype=np.float32)
            for power in (self.antecedent, self.consequent)
        )

        def weigh(sums: Floats, item: Ints, other: Ints) -> Floats:
            weighed: Floats = sums * antecedent[item] * consequent[other]
            return weighed

        def sums(items: slice) -> Sparse:
            own = places[items]
            return by_item(own) @ self._around(train, own.indices)

        around = self.steps * (2 if self.backward else 1)
        rows = blocks_of(places.indptr, max(1, ENTRIES_A_BLOCK // around))
        return largest_of_blocks(sums, rows, self.rules, weigh)

    def _around(self, train: Histories, place: Ints) -> Sparse:
        """The items around some places, each by its distance, `(len(place), n_items)` float32."""
        from scipy.sparse import csr_array

        step = np.arange(1, self.steps + 1)
        weight = np.power(step, -float(self.decay))
        if self.backward:
            step, weight = np.append(step, -step), np.append(weight, self.backward * weight)
        row, other = train.row[place], place[:, None] + step
        inside = other >= train.offsets[row][:, None]
        inside &= other < train.offsets[row + 1][:, None]
        values = np.broadcast_to(weight.astype(np.float32), other.shape)[inside]
        other = other[inside]
        if train.weight is not None:
            values = values * train.weight[other]
        parts = (values, train.item[other], offsets_of(inside.sum(axis=1)).astype(np.int32))
        return csr_array(parts, shape=(len(place), self.catalogue.n_items))


def places_of(histories: Histories, n_items: int) -> Sparse:
    """The places of each item in histories, `(n_items, total)` sparse rows: 1, or their weights."""
    from scipy.sparse import csr_array

    order = np.argsort(histories.item, kind="stable")
    weight = np.ones(len(order), np.float32)
    if histories.weight is not None:
        weight = histories.weight[order]
    offsets = offsets_of(np.bincount(histories.item, minlength=n_items))
    return csr_array((weight, order, offsets), shape=(n_items, len(order)))


def by_item(places: Sparse) -> Sparse:
    """The same rows over their own places alone, `(n, number of places)` sparse rows."""
    from scipy.sparse import csr_array

    total = len(places.indices)
    parts = (places.data, np.arange(total, dtype=np.int32), places.indptr.astype(np.int32))
    return csr_array(parts, shape=(places.shape[0], total))
