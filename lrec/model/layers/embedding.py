"""Item embeddings as Keras layers. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from lrec.base.arrays import Array, Tensor


class ItemEmbedding(keras.layers.Layer):
    """A trained vector for each item, which given vectors of the items may help.

    Args:
        rows: number of vectors; those behind the given ones have no item.
        size: width of a vector.
        initializer: of the table.
        vectors: `(n_items, width)` given vectors, such as `lrec.data.feature` makes, or None.
        use: `additional`: a linear map of the given vectors, which starts at 0, is added to the
            table. `initial`: the table starts from their leading principal components, with the
            spread that it would have had; later the given vectors do not matter.
    """

    def __init__(
        self,
        rows: int,
        size: int,
        initializer: str = "glorot_normal",
        vectors: Array | None = None,
        use: str = "additional",
    ) -> None:
        super().__init__()
        self.embeddings = self.add_weight(
            shape=(rows, size), initializer=initializer, autocast=False, name="embeddings"
        )
        self.projection = None
        if vectors is not None and use == "initial":
            self.embeddings.assign(_with_components(np.array(self.embeddings), vectors))
        elif vectors is not None:
            self.given = tf.pad(
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
        return table + tf.matmul(self.given, self.projection.value)

    def call(self, items: Tensor) -> Tensor:
        """Vectors of `items`, `items.shape + (size,)` in the layer's compute dtype."""
        return tf.cast(self.vectors(items), self.compute_dtype)

    def vectors(self, items: Tensor) -> Tensor:
        """Vectors of `items`, `items.shape + (size,)` float32, without making all others."""
        table = self.embeddings.value  # the variable: once rows are updated, reading all copies all
        if self.projection is None:
            return tf.gather(table, items)
        # each item once: batches of histories have the popular ones over and over
        distinct, index = tf.unique(tf.reshape(items, [-1]))
        projected = tf.matmul(tf.gather(self.given, distinct), self.projection.value)
        return tf.gather(tf.gather(table, distinct) + projected, tf.reshape(index, tf.shape(items)))


def _with_components(table: Array, vectors: Array) -> Array:
    """The table with the vectors' leading components in its first columns, equally spread."""
    rows = np.flatnonzero(vectors.any(axis=1))
    _, axes = np.linalg.eigh(vectors.T @ vectors)
    leading = axes[:, ::-1][:, : table.shape[1]]
    components = vectors[rows] @ leading
    spread = components.std()
    if spread > 0:
        table[rows, : leading.shape[1]] = components * (table.std() / spread)
    return table


class EmbeddingBag(ItemEmbedding):
    """A dense layer that reads ids: activation(scale · Σ embeddings of the row's items + bias).

    Equals `Dense` on a multi-hot row without making the multi-hot.

    Args:
        rows, size, vectors, use: see `ItemEmbedding`.
        activation: name of a Keras activation, or None.
        use_bias: True to add a bias.

    Attributes:
        plain: True to sum up by operations that TensorFlow Lite has, too; they are slower.
    """

    def __init__(
        self,
        rows: int,
        size: int,
        activation: str | None = None,
        use_bias: bool = False,
        vectors: Array | None = None,
        use: str = "additional",
    ) -> None:
        super().__init__(rows, size, vectors=vectors, use=use)
        self.rows = rows
        self.plain = False
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
            bag += tf.matmul(self._sum(self.given, items, weights), self.projection.value)
        if scale is not None:
            bag *= tf.cast(scale, bag.dtype)[:, None]
        if self.bias is not None:
            bag += self.bias.value
        return self.activation(tf.cast(bag, self.compute_dtype))

    def _sum(self, table: Tensor, items: Tensor, weights: Tensor) -> Tensor:
        """Sums of the table's rows of each history, `(batch, table.shape[1])` float32."""
        if self.plain:
            entries = tf.gather(table, items.values) * weights[:, None]
            return tf.math.unsorted_segment_sum(entries, items.value_rowids(), items.nrows())
        indices = tf.stack([items.value_rowids(), tf.cast(items.values, tf.int64)], axis=1)
        return sparse_product(table, indices, weights, tf.stack([items.nrows(), self.rows]))


@contextmanager
def plain_bags(layers: Iterable[keras.layers.Layer]) -> Iterator[None]:
    """Inside, the bags among the layers, and in them, are traced with `plain` operations."""
    parts = [part for layer in layers for part in layer._flatten_layers()]
    bags = [part for part in parts if isinstance(part, EmbeddingBag)]
    for bag in bags:
        bag.plain = True
    try:
        yield
    finally:
        for bag in bags:
            bag.plain = False


@tf.custom_gradient  # type: ignore[untyped-decorator]
def sparse_product(
    table: Tensor, indices: Tensor, weights: Tensor, shape: Tensor
) -> tuple[Tensor, Callable[..., Any]]:
    """A sparse matrix times a table, and back: a third of the time of segment sums.

    Args:
        table: `(m, width)` float32; alone gets a gradient.
        indices: `(entries, 2)` int64, rows and columns in order of the rows.
        weights: `(entries,)` float32.
        shape: `(2,)` int64, (n, m).
    """
    matrix = tf.raw_ops.SparseTensorToCSRSparseMatrix(
        indices=indices, values=weights, dense_shape=shape
    )

    def gradient(upstream: Tensor) -> tuple[Tensor, None, None, None]:
        # transposed first: the kernel's own transpose_a is slower
        by_item = tf.raw_ops.SparseMatrixTranspose(input=matrix, type=tf.float32)
        return tf.raw_ops.SparseMatrixMatMul(a=by_item, b=upstream), None, None, None

    return tf.ensure_shape(
        tf.raw_ops.SparseMatrixMatMul(a=matrix, b=table), [None, table.shape[1]]
    ), gradient
