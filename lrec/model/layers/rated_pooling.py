"""Histories of rated items as sums of features. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

import keras
import tensorflow as tf

from lrec.base.arrays import Tensor
from lrec.model.layers.rated_examples import RatedBatch

SHRINK = 5.0  # ratings' worth of doubt about a user, as in the bias model


def entries(content: Tensor, residual: Tensor) -> Tensor:
    """Summands of rated items: see `features`, which reads their sums over a history.

    Args:
        content: `(total, width)` float32, a vector of each item.
        residual: `(total,)` float32, its rating less the expected one; NaN where it has none.

    Returns:
        `(total, 2 * width + 3)` float32.
    """
    residual = tf.where(tf.math.is_nan(residual), 0.0, residual)[:, None]
    one = tf.ones_like(residual)
    return tf.concat([content, residual * content, residual, residual**2, one], axis=1)


def features(pooled: Tensor) -> tuple[Tensor, Tensor]:
    """Features of histories: content pooled plainly and by residual, number, mean and spread.

    Args:
        pooled: `(batch, 2 * width + 3)` float32, sums of `entries` over each history.

    Returns:
        Features, `(batch, 2 * width + 3)`, and the users' rating biases b_u, `(batch,)`.
    """
    content, residual, square, count = tf.split(pooled, [pooled.shape[1] - 3, 1, 1, 1], axis=1)
    count = tf.maximum(count, 0.0)
    plain, rated = tf.split(content, 2, axis=1)
    bias = residual / (count + SHRINK)
    spread = tf.sqrt(tf.maximum(square, 0.0) / (count + SHRINK))
    parts = [
        plain / tf.sqrt(count + 1.0),
        rated / tf.sqrt(count + 1.0),
        tf.math.log1p(count),
        bias,
        spread,
    ]
    return tf.concat(parts, axis=1), bias[:, 0]


def projected_rest(
    layer: keras.layers.Dense, content: Tensor, index: Tensor, residual: Tensor, batch: RatedBatch
) -> tuple[Tensor, Tensor]:
    """A linear layer of the `features` of each target's history without the target.

    The layer is linear and all features of a history but three are sums, so that the distinct items
    go through it first: what is added up is as narrow as its output.

    Args:
        layer: of `2 * width + 3` inputs.
        content: `(n_distinct, width)` float32, a vector of each distinct item of the histories.
        index: `(total,)` int32, the distinct item of each one of the histories.
        residual: see `entries`.
        batch: has the histories and the n targets.

    Returns:
        The layer's outputs `(n, units)` and b_u `(n,)`, float32.
    """
    residual = tf.where(tf.math.is_nan(residual), 0.0, residual)
    width, units = content.shape[1], layer.units
    kernel = tf.convert_to_tensor(layer.kernel)
    sides = tf.concat([kernel[:width], kernel[width : 2 * width]], axis=1)
    projected = tf.cast(tf.matmul(tf.cast(content, sides.dtype), sides), tf.float32)
    entries = tf.gather(projected, index)
    entries = entries[:, :units] + residual[:, None] * entries[:, units:]

    def rest(values: Tensor) -> Tensor:
        sums = tf.math.unsorted_segment_sum(values, batch.items.value_rowids(), batch.items.nrows())
        return tf.gather(sums, batch.row) - batch.of_targets(values)

    count = tf.cast(tf.gather(batch.items.row_lengths(), batch.row), tf.float32) - 1.0
    bias = rest(residual) / (count + SHRINK)
    spread = tf.sqrt(tf.maximum(rest(residual**2), 0.0) / (count + SHRINK))
    numbers = tf.stack([tf.math.log1p(count), bias, spread], axis=1)
    last = tf.matmul(numbers, tf.cast(kernel[2 * width :], tf.float32))
    outputs = rest(entries) / tf.sqrt(count + 1.0)[:, None] + last
    return outputs + tf.cast(layer.bias, tf.float32), bias
