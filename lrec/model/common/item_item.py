"""Item-item models: a history scores items by a matrix of weights between items."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrec.base.arrays import Array, Arrays, Floats, Sparse, Tensor
from lrec.base.errors import DataError
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.history_matrix import history_matrix
from lrec.data.queries import Split
from lrec.model import Model
from lrec.model.common.export_scorer import ExportScorer, PaddedHistories
from lrec.model.common.protocols import Callback, Schedule, Strategy
from lrec.model.common.sparse_products import dense_product


class ItemItemModel(Model):
    """Scores are the history, each item by its weight and recency, times `weights`.

    Attributes:
        weights: `(n_items, n_items)` float32, sparse rows or dense: what an item of the history
            gives to each item.
        recency: weight of a history item for each step back from the newest.
    """

    seeded = False
    uses_weights = True
    required = ("recency",)
    one_of = ("item_weights", "weights_of")
    weights: Any
    recency: float

    def item_weights(self, users: Sparse) -> Any:
        """The weights between items, from the training histories as sets.

        Args:
            users: `(n_users, n_items)` float32 sparse rows: 1, or the weight of the interaction.

        Returns:
            `(n_items, n_items)` float32, dense or sparse of any layout: row i has what item i in a
            history adds to the score of each item.
        """
        raise NotImplementedError

    def weights_of(self, train: Histories) -> Any:
        """The weights between items; models that read the order of the histories define this."""
        return self.item_weights(history_matrix(train, self.catalogue.n_items))

    def fit(
        self,
        split: Split,
        schedule: Schedule | None = None,
        strategy: Strategy | None = None,
        seed: int = 0,
        callback: Callback | None = None,
    ) -> None:
        """Train on `split.train` only; the other arguments do not matter.

        Raises:
            DataError: the weights are not those of items with items, or not finite.
        """
        self.catalogue = split.catalogue
        self.weights = self._by_rows(self.weights_of(split.train))

    def _by_rows(self, weights: Any) -> Any:
        """Weights as they are scored with, saved and exported: dense, or sparse by rows."""
        n = self.catalogue.n_items
        if weights.shape != (n, n):
            raise DataError(
                f"the weights between items of model={self.name} must be {n} × {n}, items by "
                f"items. Received: {' × '.join(map(str, weights.shape))}"
            )
        weights = weights.astype(np.float32, copy=False)  # float64 is what NumPy makes of most
        if isinstance(weights, np.ndarray):
            return weights
        rows = weights.tocsr()
        if not np.isfinite(rows.data).all():
            raise DataError(f"the weights between items of model={self.name} are not all finite.")
        return rows

    def score(self, histories: Histories) -> Floats:
        scores = self._product(histories)
        return scores if isinstance(scores, np.ndarray) else scores.toarray()

    @property
    def scores_sparsely(self) -> bool:
        return not isinstance(self.weights, np.ndarray)

    def sparse_scores(self, histories: Histories) -> Sparse:
        return self._product(histories)

    def _product(self, histories: Histories) -> Any:
        """Scores `(n, n_items)`, dense or sparse as the weights are."""
        users = history_matrix(histories, self.catalogue.n_items, self.recency)
        if isinstance(self.weights, np.ndarray):
            return dense_product(users, self.weights)
        return users @ self.weights

    def export_scorer(self) -> ExportScorer:
        import tensorflow as tf

        dense = isinstance(self.weights, np.ndarray)
        tables = [self.weights] if dense else neighbour_tables(self.weights)
        variables = [tf.Variable(table, trainable=False) for table in tables]
        sum_up = self._sum_rows if dense else self._sum_neighbours

        def scores(histories: PaddedHistories) -> Tensor:
            histories = histories.distinct()
            return sum_up(histories, self.recency_weights(histories)[:, None], *variables)

        return ExportScorer(scores, variables)

    def recency_weights(self, histories: PaddedHistories) -> Tensor:
        """Weights of the items of histories that have each once, `(total,)` float32."""
        import tensorflow as tf

        is_item = tf.cast(histories.is_item, tf.float32)
        steps = tf.cumsum(is_item, axis=1, reverse=True, exclusive=True)
        return tf.boolean_mask(tf.pow(self.recency, steps), histories.is_item)

    def _sum_rows(self, histories: PaddedHistories, weights: Tensor, table: Tensor) -> Tensor:
        import tensorflow as tf

        rows = tf.gather(table, histories.item) * weights
        return tf.math.unsorted_segment_sum(rows, histories.row, histories.n_rows)

    def _sum_neighbours(
        self, histories: PaddedHistories, weights: Tensor, columns: Tensor, values: Tensor
    ) -> Tensor:
        import tensorflow as tf

        column, value = (tf.gather(table, histories.item) for table in (columns, values))
        row = tf.broadcast_to(histories.row[:, None], tf.shape(column))
        indices = tf.stack([tf.reshape(row, [-1]), tf.reshape(column, [-1])], axis=1)
        shape = tf.stack([histories.n_rows, self.catalogue.n_items])
        return tf.scatter_nd(indices, tf.reshape(value * weights, [-1]), shape)

    def state(self) -> Arrays:
        if isinstance(self.weights, np.ndarray):
            return {"weights": self.weights}
        return {name: getattr(self.weights, name) for name in ("data", "indices", "indptr")}

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        from scipy.sparse import csr_array

        self.catalogue = catalogue
        if "weights" in state:
            self.weights = state["weights"].astype(np.float32, copy=False)
        else:
            data = state["data"].astype(np.float32, copy=False)
            parts = (data, state["indices"], state["indptr"])
            self.weights = csr_array(parts, shape=(catalogue.n_items, catalogue.n_items))


def neighbour_tables(weights: Sparse) -> list[Array]:
    """Sparse rows as two tables, `(n_items, most)`: columns int32 and values float32."""
    counts = np.diff(weights.indptr)
    inside = np.arange(max(counts.max(), 1)) < counts[:, None]
    columns, values = np.zeros(inside.shape, np.int32), np.zeros(inside.shape, np.float32)
    columns[inside], values[inside] = weights.indices, weights.data
    return [columns, values]
