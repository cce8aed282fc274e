"""A ridge regression by products alone. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from lrec.base.arrays import Tensor

MAX_STEPS = 100  # of conjugate gradients
PRECISION = 1e-6  # of their solution
TINY = np.finfo(np.float32).tiny


def solve_ridge(rows: Tensor) -> Tensor:
    """Solve (I + RᵀR) x = Rᵀ1 by conjugate gradients (Hestenes and Stiefel 1952).

    TensorFlow Lite solves no linear systems. As many steps as R has rows are enough.

    Args:
        rows: R, `(batch, length, width)` float32.

    Returns:
        `(batch, width)` float32.
    """

    def step(i: Tensor, x: Tensor, residual: Tensor, direction: Tensor) -> tuple[Tensor, ...]:
        projected = tf.matmul(rows, tf.expand_dims(direction, 2))
        image = direction + tf.matmul(rows, projected, transpose_a=True)[:, :, 0]
        before = _squares(residual)
        curvature = tf.reduce_sum(direction * image, axis=1, keepdims=True)
        size = before / tf.maximum(curvature, TINY)
        x, residual = x + size * direction, residual - size * image
        ratio = _squares(residual) / tf.maximum(before, TINY)
        return i + 1, x, residual, residual + direction * ratio

    start = tf.reduce_sum(rows, axis=1)
    tolerance = PRECISION**2 * tf.reduce_max(_squares(start))
    _, solved, _, _ = tf.while_loop(
        lambda i, x, residual, direction: (
            (i < MAX_STEPS) & (tf.reduce_max(_squares(residual)) > tolerance)
        ),
        step,
        (0, tf.zeros_like(start), start, start),
    )
    return solved


def _squares(x: Tensor) -> Tensor:
    """Squared norm of each row, `(batch, 1)`."""
    return tf.reduce_sum(x * x, axis=1, keepdims=True)
