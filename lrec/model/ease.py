"""A linear autoencoder in closed form."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np

from lrec.base.arrays import Arrays, Floats, Sparse
from lrec.base.ranges import check_recency
from lrec.data.queries import Split
from lrec.model.common.item_item import ItemItemModel
from lrec.model.common.memory import check_memory
from lrec.model.common.protocols import Callback, Schedule, StatelessCallback, Strategy
from lrec.model.common.sparse_products import above, blocks
from lrec.model.common.symmetric_inverse import invert

# Memory that anything but the matrix may take, as a share of it.
MARGIN = 0.15
ROWS = 512  # rounded at once


class EASE(ItemItemModel):
    """EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data").

    B minimises ‖X − XB‖² + λ‖B‖² with a zero diagonal; X holds 1, or the weights of interactions.
    With P = (XᵀX + λI)⁻¹ it is B_ij = −P_ij / P_jj. Time grows with the cube, memory (4 bytes)
    with the square of the items.

    Args:
        regularisation: λ.
        recency: weight of a history item for each step back from the newest; 1 weighs all alike.
        saved: numbers of the saved model. Halves take half the space of float32, and keep three
            digits.
        threshold: weights nearer to 0 are not saved; above 0 the saved model is sparse.
    """

    name = "ease"
    papers = ("steck2019ease",)
    one_at_a_time = "each would hold a matrix of items × items in memory"

    def __init__(
        self,
        regularisation: float = 200.0,
        recency: float = 1.0,
        saved: Literal["float16", "float32"] = "float16",
        threshold: float = 0.0,
    ) -> None:
        if regularisation <= 0:
            raise ValueError(f"regularisation must be positive. Received: {regularisation}")
        if threshold < 0:
            raise ValueError(f"threshold must not be negative. Received: {threshold}")
        check_recency(recency)
        self.regularisation = regularisation
        self.recency = recency
        self.saved = saved
        self.threshold = threshold
        self._callback: Callback | StatelessCallback = StatelessCallback()

    def fit(
        self,
        split: Split,
        schedule: Schedule | None = None,
        strategy: Strategy | None = None,
        seed: int = 0,
        callback: Callback | None = None,
    ) -> None:
        """Train on `split.train` only, and tell `callback` how far it is.

        Raises:
            DataError: the catalogue is too large for this machine's memory.
        """
        n_items = split.catalogue.n_items
        self._callback = callback or StatelessCallback()
        check_memory(
            self.name,
            4 * n_items**2 * (1 + MARGIN),
            n_items,
            "model=sparse_ease, the same with a few weights an item, model=itemknn or "
            "model=rp3beta, or dataset.k_core to drop rare items",
            self._callback,
        )
        super().fit(split)

    def item_weights(self, users: Sparse) -> Floats:
        """The weights, dense."""
        self._callback.status("ease: counting the users of each pair of items")
        weights = gram(users)
        diagonal = np.einsum("ii->i", weights)
        diagonal += self.regularisation
        self._callback.status(f"ease: inverting a matrix of {len(weights):,} rows")
        try:
            weights = invert(weights, self._inverting)
        except FloatingPointError:
            raise FloatingPointError(
                "model=ease could not invert its matrix in float32. Raise model.regularisation."
            ) from None
        scale = -1 / np.diagonal(weights)
        weights *= scale
        np.fill_diagonal(weights, 0)
        return weights

    def _inverting(self, done: int, total: int) -> None:
        self._callback.status(f"ease: inverting, {done:,} of {total:,} rows are done")

    @property
    def is_saved_exactly(self) -> bool:
        return self.saved == "float32" and not self.threshold

    def round_to_saved(self) -> None:
        self.weights = self._above_threshold()
        values = self.weights if isinstance(self.weights, np.ndarray) else self.weights.data
        for start in range(0, len(values), ROWS):  # in place: there may be no room for another
            rows = slice(start, start + ROWS)
            values[rows] = values[rows].astype(self.saved)

    def state(self) -> Arrays:
        weights = self._above_threshold()
        if isinstance(weights, np.ndarray):
            return {"weights": weights.astype(self.saved, copy=False)}
        data = weights.data.astype(self.saved, copy=False)
        return {"data": data, "indices": weights.indices, "indptr": weights.indptr}

    def _above_threshold(self) -> Any:
        """The weights that are saved: sparse rows where there is a threshold."""
        dense = isinstance(self.weights, np.ndarray)
        return above(self.weights, self.threshold) if self.threshold and dense else self.weights


def gram(users: Any) -> Floats:
    """Number of users who have both items, `(n_items, n_items)` float32: XᵀX."""
    items = users.T.tocsr()
    counts = np.zeros((items.shape[0], items.shape[0]), np.float32)

    def fill(rows: slice) -> None:
        (items[rows] @ users).toarray(out=counts[rows])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fill, blocks(items, users, most=items.shape[0])))
    return counts
