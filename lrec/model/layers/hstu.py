"""Pointwise attention that gates. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

import keras
import tensorflow as tf

from lrec.base.arrays import Tensor
from lrec.model.layers.layout import Layout
from lrec.model.layers.transformer import numbered

LONGEST = 128  # the last interval of time; each is longer than the one before it by e^0.301


class HSTUBlock(keras.layers.Layer):
    """A hierarchical sequential transduction unit (Zhai et al. 2024), without a feed-forward layer.

    U, V, Q, K = silu(norm(tokens) W); each token adds (U · norm(silu(QKᵀ + bias) V / window)) W'.
    Weights of attention are not normalised, so that they keep how much there was to attend to.
    The bias is trained, for the places between two tokens and for the time, where it is known.

    Args:
        size: width of a token.
        heads: attention heads.
        dropout: in training.
        window: the longest history.
        index: of the block in its encoder, from 0.
    """

    def __init__(
        self, *, size: int, heads: int, dropout: float, window: int, index: int = 0
    ) -> None:
        super().__init__(name=numbered("block", index))
        self.heads = heads
        self.window = window
        small = keras.initializers.RandomNormal(stddev=0.02)
        self.parts = keras.layers.Dense(
            4 * size, activation="silu", use_bias=False, kernel_initializer=small
        )
        self.out = keras.layers.Dense(size)
        self.by_place = self.add_weight(
            shape=(window,), initializer=small, autocast=False, name="by_place"
        )
        # from 0: data without times leave it there, and it does not matter
        self.by_time = self.add_weight(
            shape=(LONGEST + 1,), initializer="zeros", autocast=False, name="by_time"
        )
        self.norms = [
            keras.layers.LayerNormalization(epsilon=1e-6, center=False, scale=False)
            for _ in range(2)
        ]
        self.drop = keras.layers.Dropout(dropout)

    def call(self, tokens: Tensor, layout: Layout, newest: bool, training: bool) -> Tensor:
        """Tokens `(total, size)` to as many, or only to the newest of each history."""
        gate, v, q, k = tf.split(self.parts(self.norms[0](tokens)), 4, axis=1)
        own, gate, q = (layout.last(x) if newest else x for x in (tokens, gate, q))
        q = self._split(q[:, None] if newest else layout.pad(q))
        k, v = self._split(layout.pad(k)), self._split(layout.pad(v))
        logits = tf.cast(tf.einsum("bihd,bjhd->bhij", q, k), tf.float32)
        place = tf.range(tf.shape(k)[1], dtype=tf.int64)
        reader = layout.length[:, None] - 1 if newest else place[None]  # place of each query
        steps = reader[:, :, None] - place
        bias = tf.gather(self.by_place, tf.clip_by_value(steps, 0, self.window - 1))
        if layout.age is not None:
            bias += self._time_bias(layout.age[:, None], layout, newest)
        weights = tf.nn.silu(logits + bias[:, None]) / self.window
        weights = tf.cast(tf.where(steps[:, None] >= 0, weights, 0), v.dtype)
        mixed = tf.einsum("bhij,bjhd->bihd", weights, v)
        mixed = tf.reshape(mixed, [tf.shape(mixed)[0], tf.shape(mixed)[1], tokens.shape[1]])
        mixed = self.norms[1](mixed[:, 0] if newest else layout.flatten(mixed))
        return own + self.out(self.drop(gate * mixed, training=training))

    def _split(self, padded: Tensor) -> Tensor:
        """`(batch, length, size)` to `(batch, length, heads, size / heads)`."""
        shape = tf.shape(padded)
        size = padded.shape[2] // self.heads
        return tf.reshape(padded, [shape[0], shape[1], self.heads, size])

    def _time_bias(self, age: Tensor, layout: Layout, newest: bool) -> Tensor:
        """Bias of the time between queries and keys; 0 where a time is not known."""
        known = layout.pad(age)[:, :, 0]
        reader = layout.last(age) if newest else known
        time = known[:, None, :] - reader[:, :, None]
        interval = tf.math.log(tf.maximum(time, 1.0)) / 0.301  # a NaN becomes any whole number
        interval = tf.clip_by_value(tf.cast(interval, tf.int32), 0, LONGEST)
        return tf.where(tf.math.is_nan(time), 0.0, tf.gather(self.by_time, interval))
