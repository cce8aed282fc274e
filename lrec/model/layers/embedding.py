"""Item embeddings as Keras layers. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from lrec.base.arrays import Tensor

_plain = ContextVar("plain", default=False)


@contextmanager
def plain_operations() -> Iterator[None]:
    """Inside, bags are traced as operations that TensorFlow Lite has, too; they are slower."""
    token = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(token)


class ItemEmbedding(keras.layers.Layer):
    """A learnt vector for each item, which known vectors of the items may help.

    Args:
        rows: number of vectors; those behind the known ones have no item.
        size: width of a vector.
        initializer: of the table.
        vectors: `(n_items, width)` known vectors, such as `lrec.data.feature` makes, or None.
        use: `additional`: a linear map of the known vectors, which starts at 0, is added to the
            table. `initial`: the table starts from their leading principal components, with the
            spread that it would have had; later the known vectors do not matter.
    """

    def __init__(
        self,
        rows: int,
        size: int,
        initializer: str = "glorot_normal",
        vectors: np.ndarray[Any, Any] | None = None,
        use: str = "additional",
    ) -> None:
        super().__init__()
        self.embeddings = self.add_weight(
            shape=(rows, size), initializer=initializer, autocast=False, name="embeddings"
        )
        self.projection = None
        if vectors is not None and use == "initial":
            self.embeddings.assign(_started(np.array(self.embeddings), vectors))
        elif vectors is not None:
            self.known = tf.pad(
                tf.constant(vectors, tf.float32), [[0, rows - len(vectors)], [0, 0]]
            )
            self.projection = self.add_weight(
                shape=(vectors.shape[1], size),
                initializer="zeros",
                autocast=False,
                name="projection",
            )

    def table(self) -> Tensor:
        """All vectors, `(rows, size)` float32."""
        # read here: a gradient of its own must not see a strategy's variables
        table = tf.convert_to_tensor(self.embeddings.value)
        if self.projection is None:
            return table
        return table + tf.matmul(self.known, self.projection.value)

    def call(self, items: Tensor) -> Tensor:
        """Vectors of `items`, `items.shape + (size,)` in the layer's compute dtype."""
        return tf.cast(self.vectors(items), self.compute_dtype)

    def vectors(self, items: Tensor) -> Tensor:
        """Vectors of `items`, `items.shape + (size,)` float32, without making all others."""
        table = tf.convert_to_tensor(self.embeddings.value)  # here: see `table`
        if self.projection is None:
            return tf.gather(table, items)
        # each item once: batches of histories have the popular ones over and over
        asked, place = tf.unique(tf.reshape(items, [-1]))
        known = tf.matmul(tf.gather(self.known, asked), self.projection.value)
        return tf.gather(tf.gather(table, asked) + known, tf.reshape(place, tf.shape(items)))


def _started(table: np.ndarray[Any, Any], vectors: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The table with the vectors' leading components in its first columns, equally spread."""
    known = np.flatnonzero(vectors.any(axis=1))
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    leading = axes[:, ::-1][:, : table.shape[1]]
    components = vectors[known] @ leading
    spread = components.std()
    if spread > 0:
        table[known, : leading.shape[1]] = components * (table.std() / spread)
    return table


class EmbeddingBag(ItemEmbedding):
    """A dense layer that reads ids: activation(scale · Σ embeddings of the row's items + bias).

    Equals `Dense` on a multi-hot row without making the multi-hot.

    Args:
        rows, size, vectors, use: see `ItemEmbedding`.
        activation: name of a Keras activation, or None.
        use_bias: whether to add a bias.
    """

    def __init__(
        self,
        rows: int,
        size: int,
        activation: str | None = None,
        use_bias: bool = False,
        vectors: np.ndarray[Any, Any] | None = None,
        use: str = "additional",
    ) -> None:
        super().__init__(rows, size, vectors=vectors, use=use)
        self.rows = rows
        self.activation = keras.activations.get(activation)
        self.bias = (
            self.add_weight(shape=(size,), initializer="zeros", autocast=False, name="bias")
            if use_bias
            else None
        )

    def call(self, items: Tensor, weights: Tensor = None, scale: Tensor = None) -> Tensor:
        """Sum up rows, in float32: sums of many want it.

        Args:
            items: `(batch, None)` ragged int32.
            weights: factor of each item, `(total,)`, or None for ones; gets no gradient.
            scale: factor of each row, `(batch,)`, or None for ones.

        Returns:
            `(batch, size)` in the layer's compute dtype.
        """
        if weights is None:
            weights = tf.ones_like(items.values, tf.float32)
        weights = tf.cast(weights, tf.float32)
        # read here: see `table`
        bag = self._sum(tf.convert_to_tensor(self.embeddings.value), items, weights)
        if self.projection is not None:  # a sum of products with one matrix is one product
            bag += tf.matmul(self._sum(self.known, items, weights), self.projection.value)
        if scale is not None:
            bag *= tf.cast(scale, bag.dtype)[:, None]
        if self.bias is not None:
            bag += self.bias.value
        return self.activation(tf.cast(bag, self.compute_dtype))

    def _sum(self, table: Tensor, items: Tensor, weights: Tensor) -> Tensor:
        """Sums of the table's rows of each history, `(batch, table.shape[1])` float32."""
        if _plain.get():
            entries = tf.gather(table, items.values) * weights[:, None]
            return tf.math.unsorted_segment_sum(entries, items.value_rowids(), items.nrows())
        places = tf.stack([items.value_rowids(), tf.cast(items.values, tf.int64)], axis=1)
        return _product(table, places, weights, tf.stack([items.nrows(), self.rows]))


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _product(
    table: Tensor, places: Tensor, weights: Tensor, shape: Tensor
) -> tuple[Tensor, Callable[..., Any]]:
    """A sparse matrix times the table, and back: a third of the time of segment sums."""
    matrix = tf.raw_ops.SparseTensorToCSRSparseMatrix(
        indices=places, values=weights, dense_shape=shape
    )

    def gradient(upstream: Tensor) -> tuple[Tensor, None, None, None]:
        # transposed first: the kernel's own transpose_a is slower
        by_item = tf.raw_ops.SparseMatrixTranspose(input=matrix, type=tf.float32)
        return tf.raw_ops.SparseMatrixMatMul(a=by_item, b=upstream), None, None, None

    return tf.ensure_shape(
        tf.raw_ops.SparseMatrixMatMul(a=matrix, b=table), [None, table.shape[1]]
    ), gradient
