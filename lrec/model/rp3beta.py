"""Random walks from the history to other users' items, for large catalogues."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrec.base.arrays import Floats
from lrec.base.ranges import check_recency, check_sizes
from lrec.model.common.item_item import ItemItemModel
from lrec.model.common.sparse_products import nearest, row_sums


class RP3Beta(ItemItemModel):
    """RP3β (Paudel et al. 2017, "Updatable, accurate, diverse, and scalable recommendations").

    w_ij = Σ_u (1 / n_i)^α · (1 / n_u)^α / n_j^β over the users u who have both items: the chance
    of walking from item i over a user to item j, each step to the power of α (P3α, Cooper et al.
    2014), less where j is popular. Each item keeps its best ones. An interaction of weight w is
    walked w times as often, and counts w times in every n.

    Args:
        neighbours: items that an item keeps.
        alpha: power of each step's chance.
        beta: power of the penalty on popular items.
        recency: weight of a history item for each step back from the newest; 1 weighs all alike.
    """

    name = "rp3beta"
    papers = ("paudel2017updatable",)

    def __init__(
        self,
        neighbours: int = 100,
        alpha: float = 0.5,
        beta: float = 0.3,
        recency: float = 1.0,
    ) -> None:
        check_sizes(neighbours=neighbours)
        check_recency(recency)
        if alpha < 0 or beta < 0:
            raise ValueError(
                f"alpha and beta must not be negative. Received: alpha={alpha}, beta={beta}"
            )
        self.neighbours = neighbours
        self.alpha = alpha
        self.beta = beta
        self.recency = recency

    def item_weights(self, users: Any) -> Any:
        items = users.T.tocsr()
        length, popularity = row_sums(users), row_sums(items)
        penalty = np.power(popularity, -self.beta, dtype=np.float32)
        items.data = self._steps(items, popularity)
        users.data = self._steps(users, length) * penalty[users.indices]
        return nearest(items, users, self.neighbours)

    def _steps(self, rows: Any, total: Floats) -> Floats:
        """Chance of each entry among those of its row, to the power α."""
        lowered = np.power(total, -self.alpha, dtype=np.float32)
        steps: Floats = rows.data**self.alpha * np.repeat(lowered, np.diff(rows.indptr))
        return steps
