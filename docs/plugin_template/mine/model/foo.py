"""Random walks of two steps over the graph of users and items: the model to replace by yours."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Sparse
from lrec.base.ranges import check_sizes
from lrec.model.common.item_item import ItemItemModel
from lrec.model.common.sparse_products import nearest, row_sums


class Foo(ItemItemModel):
    """w_ij = Σ_u 1/n_i · 1/n_u^damping over the users u who have both items.

    With damping = 1 that is the probability of walking from item i over a user to item j.

    Args:
        neighbours: items that an item keeps, those with the largest weights.
        damping: from 0, where all users count alike, to 1, where active ones count little.

    Raises:
        ValueError: an argument is out of range.
    """

    name = "foo"  # of the file, and of conf/model/foo.yaml
    recency = 1.0  # of the base: all items of a history weigh alike

    def __init__(self, neighbours: int = 100, damping: float = 1.0) -> None:
        check_sizes(neighbours=neighbours)
        if not 0 <= damping <= 1:
            raise ValueError(f"damping must lie between 0 and 1. Received: {damping}")
        self.neighbours = neighbours
        self.damping = damping

    def item_weights(self, users: Sparse) -> Sparse:
        """The weights from item to item.

        Args:
            users: `(n_users, n_items)`, 1 where a user has an item in the training part.
        """
        items = users.T.tocsr()
        items.data /= np.repeat(row_sums(items), np.diff(items.indptr))
        users.data /= np.repeat(row_sums(users), np.diff(users.indptr)) ** self.damping
        return nearest(items, users, self.neighbours)
