"""The multinomial likelihood over a catalogue. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from lrec.base.arrays import Tensor


def multinomial_loss(logits: Tensor, items: Tensor, weights: Tensor | None = None) -> Tensor:
    """Negative multinomial log-likelihood of each row's items, `(batch,)` float32.

    -Σ_{i in row} w_i log softmax(logits)_i.

    Args:
        logits: `(batch, n_items)`.
        items: `(batch, None)` ragged int32.
        weights: `(total,)` float32, or None where all count 1.
    """
    if weights is None:
        weights = tf.zeros([0])  # as RaggedBincount has it
    return _multinomial_loss(tf.cast(logits, tf.float32), items.values, items.row_splits, weights)


def sampled_multinomial_loss(
    layer: keras.layers.Dense,
    hidden: Tensor,
    drawn: Tensor,
    items: Tensor,
    weights: Tensor | None = None,
) -> Tensor:
    """`multinomial_loss` of the drawn items alone, scaled up to the catalogue, `(batch,)` float32.

    n / m · −Σ_{i in row and drawn} w_i log softmax(logits of the drawn items)_i.

    Args:
        layer: from hidden states to the logits of all n items; only the drawn ones are computed.
        hidden: `(batch, width)`.
        drawn: `(m,)` int32, distinct items.
        items, weights: see `multinomial_loss`.
    """
    n_items, n_drawn = layer.kernel.shape[1], drawn.shape[0]
    kernel = tf.cast(tf.gather(tf.transpose(layer.kernel), drawn), hidden.dtype)
    bias = tf.cast(tf.gather(layer.bias, drawn), hidden.dtype)
    logits = tf.nn.bias_add(tf.matmul(hidden, kernel, transpose_b=True), bias)
    place = tf.tensor_scatter_nd_update(
        tf.fill([n_items], -1), drawn[:, None], tf.range(n_drawn, dtype=tf.int32)
    )
    places = tf.gather(place, items.values)
    inside = places >= 0
    kept = tf.RaggedTensor.from_value_rowids(
        tf.boolean_mask(places, inside),
        tf.boolean_mask(items.value_rowids(), inside),
        nrows=items.nrows(),
        validate=False,
    )
    if weights is not None:
        weights = tf.boolean_mask(weights, inside)
    return multinomial_loss(logits, kept, weights) * (n_items / n_drawn)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _multinomial_loss(
    logits: Tensor, items: Tensor, splits: Tensor, weights: Tensor
) -> tuple[Tensor, Callable[..., Any]]:
    n_items = logits.shape[1]
    count = tf.cast(splits[1:] - splits[:-1], tf.float32)
    rows = tf.repeat(tf.range(tf.size(count, tf.int64)), splits[1:] - splits[:-1])
    weighted = weights.shape[0] != 0
    if weighted:
        count = tf.math.unsorted_segment_sum(weights, rows, tf.size(count))
    chance = tf.nn.softmax(logits)
    # log Σ exp, through the largest probability: it never underflows
    log_total = tf.reduce_max(logits, axis=1) - tf.math.log(tf.reduce_max(chance, axis=1))
    indices = rows * n_items + tf.cast(items, tf.int64)
    chosen = tf.gather(tf.reshape(logits, [-1]), indices)
    if weighted:
        chosen *= weights
    chosen = tf.math.unsorted_segment_sum(chosen, rows, tf.size(count))

    def gradient(upstream: Tensor) -> tuple[Tensor, None, None, None]:
        target = tf.raw_ops.RaggedBincount(  # faster than scattering
            splits=splits, values=items, size=n_items, weights=weights
        )
        return upstream[:, None] * (chance * count[:, None] - target), None, None, None

    return count * log_total - chosen, gradient


def float32_dense(layer: keras.layers.Dense, x: Tensor) -> Tensor:
    """A linear layer computed in float32 whatever its precision: for ranking scores.

    Scores of fewer bits tie among the best items.
    """
    if not layer.built:
        layer.build(x.shape)
    # In training with mixed precision the variables read as rounded.
    x, kernel, bias = (tf.cast(part, tf.float32) for part in (x, layer.kernel, layer.bias))
    return tf.nn.bias_add(tf.matmul(x, kernel), bias)
