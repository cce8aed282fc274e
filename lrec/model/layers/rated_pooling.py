"""Histories of rated items as sums of features. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

import tensorflow as tf

from lrec.base.arrays import Tensor

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
