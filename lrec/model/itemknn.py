"""Item neighbours: the items that are most similar to those of the history."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.base.ranges import check_recency, check_sizes
from lrec.model.common.item_item import ItemItemModel
from lrec.model.common.sparse_products import nearest, row_sums


class ItemKNN(ItemItemModel):
    """Item-based neighbourhood model (Sarwar et al. 2001) with the cosine.

    s_ij = c_ij / (√(c_ii · c_jj) + shrink), with c_ij the users who have both items (Σ_u w_ui w_uj
    where interactions have weights); each item keeps its most similar ones. A score is the sum of
    the similarities to the items of the history.

    Args:
        neighbours: similar items that an item keeps.
        shrink: pulls similarities that few users attest towards 0.
        recency: weight of a history item for each step back from the newest; 1 weighs all alike.

    Example:
        >>> import numpy as np
        >>> from lrec.data.histories import Histories
        >>> from lrec.data.interactions import Interactions
        >>> from lrec.data.split.leave_one_out import LeaveOneOut
        >>> data = Interactions(
        ...     user=np.repeat([0, 1, 2], 4),
        ...     item=np.array([0, 1, 2, 3, 0, 1, 3, 2, 0, 2, 1, 3]),
        ...     rating=None,
        ...     timestamp=np.arange(12),
        ...     user_ids=np.array(["ann", "bob", "cat"]),
        ...     item_ids=np.array(["bread", "butter", "milk", "jam"]),
        ... )
        >>> split = LeaveOneOut()(data)  # trains on the first two items of each user
        >>> model = ItemKNN(shrink=0.0)
        >>> model.fit(split)
        >>> bread = split.catalogue.ids.tolist().index("bread")
        >>> print(model.score(Histories.of([[bread]])).round(2))  # of bread, butter, milk
        [[0.   0.82 0.58]]
    """

    name = "itemknn"
    papers = ("sarwar2001item",)

    def __init__(self, neighbours: int = 100, shrink: float = 20.0, recency: float = 1.0) -> None:
        check_sizes(neighbours=neighbours)
        check_recency(recency)
        if shrink < 0:
            raise ValueError(f"shrink must not be negative. Received: {shrink}")
        self.neighbours = neighbours
        self.shrink = shrink
        self.recency = recency

    def item_weights(self, users: Any) -> Any:
        items = users.T.tocsr()
        norm = np.sqrt(row_sums(items, power=2)).astype(np.float32)

        def cosine(common: Floats, row: Ints, column: Ints) -> Floats:
            similarity: Floats = common / (norm[row] * norm[column] + np.float32(self.shrink))
            return similarity

        return nearest(items, users, self.neighbours, cosine)
