"""Keras layers that more than one model uses. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

Tensor = Any  # TensorFlow ships no types


class EmbeddingBag(keras.layers.Layer):
    """A dense layer that reads ids: activation(scale · Σ embeddings of the row's items + bias).

    Equals `Dense` on a multi-hot row without making the multi-hot.

    Args:
        n_items: rows of the embedding.
        size: width of an embedding.
        activation: name of a Keras activation, or None.
        use_bias: whether to add a bias.
    """

    def __init__(
        self, n_items: int, size: int, activation: str | None = None, use_bias: bool = False
    ) -> None:
        super().__init__()
        self.activation = keras.activations.get(activation)
        self.embeddings = self.add_weight(
            shape=(n_items, size),
            initializer="glorot_normal",
            autocast=False,  # sums of many want float32
            name="embeddings",
        )
        self.bias = (
            self.add_weight(shape=(size,), initializer="zeros", autocast=False, name="bias")
            if use_bias
            else None
        )

    def call(self, items: Tensor, weights: Tensor = None, scale: Tensor = None) -> Tensor:
        """Sum up rows.

        Args:
            items: `(batch, None)` ragged int32.
            weights: factor of each item, `(total,)`, or None for ones.
            scale: factor of each row, `(batch,)`, or None for ones.

        Returns:
            `(batch, size)` in the layer's compute dtype.
        """
        rows = tf.cast(items.value_rowids(), tf.int32)
        n_rows = tf.cast(items.nrows(), tf.int32)
        table = tf.convert_to_tensor(self.embeddings.value)
        if weights is None:
            bag = _bag(table, items.values, rows, n_rows)
        else:
            entries = tf.gather(table, items.values) * tf.cast(weights, table.dtype)[:, None]
            bag = tf.math.unsorted_segment_sum(entries, rows, n_rows)
        if scale is not None:
            bag *= tf.cast(scale, bag.dtype)[:, None]
        if self.bias is not None:
            bag += self.bias.value
        return self.activation(tf.cast(bag, self.compute_dtype))


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _bag(
    table: Tensor, items: Tensor, rows: Tensor, n_rows: Tensor
) -> tuple[Tensor, Callable[..., Any]]:
    """Segment sums both ways: TensorFlow's own gradient scatters entry by entry."""
    bag = tf.raw_ops.SparseSegmentSumWithNumSegments(
        data=table, indices=items, segment_ids=rows, num_segments=n_rows
    )

    def gradient(upstream: Tensor) -> tuple[Tensor, None, None, None]:
        order = tf.argsort(items, stable=True)
        by_item = tf.raw_ops.SparseSegmentSumWithNumSegments(
            data=upstream,
            indices=tf.gather(rows, order),
            segment_ids=tf.gather(items, order),
            num_segments=tf.shape(table)[0],
        )
        return by_item, None, None, None

    return bag, gradient


def multinomial_loss(logits: Tensor, items: Tensor) -> Tensor:
    """Negative multinomial log-likelihood of each row's items, `(batch,)` float32.

    -Σ_{i in row} log softmax(logits)_i, with the log-likelihood taken at the items only: no dense
    target is made.

    Args:
        logits: `(batch, n_items)`.
        items: `(batch, None)` ragged int32.
    """
    return _multinomial_loss(tf.cast(logits, tf.float32), items.values, items.value_rowids())


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _multinomial_loss(
    logits: Tensor, items: Tensor, rows: Tensor
) -> tuple[Tensor, Callable[..., Any]]:
    rows = tf.cast(rows, items.dtype)
    places = tf.stack([rows, items], axis=1)
    n_rows = tf.shape(logits)[0]
    count = tf.math.unsorted_segment_sum(tf.ones_like(items, tf.float32), rows, n_rows)
    chance = tf.nn.softmax(logits)
    # log Σ exp, through the largest probability: it never underflows
    log_total = tf.reduce_max(logits, axis=1) - tf.math.log(tf.reduce_max(chance, axis=1))
    chosen = tf.math.unsorted_segment_sum(tf.gather_nd(logits, places), rows, n_rows)

    def gradient(upstream: Tensor) -> tuple[Tensor, None, None]:
        dense = chance * (upstream * count)[:, None]
        return tf.tensor_scatter_nd_sub(dense, places, tf.gather(upstream, rows)), None, None

    return count * log_total - chosen, gradient


def float32_dense(layer: keras.layers.Dense, x: Tensor) -> Tensor:
    """A linear layer computed in float32 whatever its precision: for ranking scores.

    Scores of fewer bits tie among the best items.
    """
    if not layer.built:
        layer.build(x.shape)
    kernel, bias = layer.kernel.value, layer.bias.value
    return tf.nn.bias_add(tf.matmul(tf.cast(x, tf.float32), tf.cast(kernel, tf.float32)), bias)


class Network(keras.Model):
    """Gives a model that computes its own losses to Keras's training loop.

    Args:
        parts: every layer that the model owns.
        loss: training loss of each example, from a batch of indices.
    """

    def __init__(self, parts: list[keras.layers.Layer], loss: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.parts = parts
        self.example_losses = loss
        self.built = True

    def call(self, rows: Tensor, training: bool = False) -> Tensor:
        """Losses of the examples, `(batch,)` float32."""
        return self.example_losses(rows)

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """Mean over the global batch (each replica of a strategy gives its share)."""
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        return tf.reduce_mean(y_pred) / replicas
