"""A transformer over flat tokens. Imports TensorFlow: import it inside methods.

The items of all histories of a batch lie behind one another, `(total, size)`: embeddings, dense
layers and losses never see padding. Only attention lays them out in rows.
"""

from __future__ import annotations

import keras
import tensorflow as tf

from lrec.base.arrays import Tensor
from lrec.model.layers.layout import Layout


class MultiHeadAttention(keras.layers.Layer):
    """Multi-head scaled dot-product attention (Vaswani et al. 2017) within each history.

    Args:
        size: width of a token.
        heads: divides `size`.
        dropout: share of attention weights left out in training.
        causal: True if a token attends only to itself and older ones.
        name: of the layer.
    """

    def __init__(
        self, *, size: int, heads: int, dropout: float, causal: bool, name: str = "attention"
    ) -> None:
        super().__init__(name=name)
        self.heads = heads
        self.causal = causal
        self.query = keras.layers.Dense(size)
        self.key = keras.layers.Dense(size)
        self.value = keras.layers.Dense(size)
        self.out = keras.layers.Dense(size)
        self.drop = keras.layers.Dropout(dropout)

    def call(
        self, queries: Tensor, tokens: Tensor, layout: Layout, newest: bool, training: bool
    ) -> Tensor:
        """Attend.

        Args:
            queries: `(total, size)`, or `(batch, size)` of the newest tokens.
            tokens: `(total, size)`, the keys and values.
            newest: True if the queries are the newest tokens only.

        Returns:
            Same shape as `queries`.
        """
        q = self.query(queries)
        q = self._split(q[:, None] if newest else layout.pad(q))
        k = self._split(layout.pad(self.key(tokens)))
        v = self._split(layout.pad(self.value(tokens)))
        logits = tf.matmul(q, k, transpose_b=True) / q.shape[-1] ** 0.5
        longest = tf.shape(k)[2]
        visible = tf.sequence_mask(layout.length[:, None, None], longest)
        if self.causal and not newest:
            visible &= tf.linalg.band_part(tf.ones([longest, longest], tf.bool), -1, 0)
        logits = tf.where(visible, tf.cast(logits, tf.float32), -1e9)
        weights = self.drop(tf.cast(tf.nn.softmax(logits), v.dtype), training=training)
        mixed = tf.transpose(tf.matmul(weights, v), [0, 2, 1, 3])
        mixed = tf.reshape(mixed, [tf.shape(q)[0], tf.shape(q)[2], queries.shape[1]])
        return self.out(mixed[:, 0] if newest else layout.flatten(mixed))

    def _split(self, padded: Tensor) -> Tensor:
        """`(batch, length, size)` to `(batch, heads, length, size / heads)`."""
        shape = tf.shape(padded)
        size = padded.shape[2] // self.heads
        return tf.transpose(
            tf.reshape(padded, [shape[0], shape[1], self.heads, size]), [0, 2, 1, 3]
        )


class FeedForward(keras.layers.Layer):
    """Two dense layers, or SwiGLU (Shazeer 2020): (swish(xU) · xV) W without biases."""

    def __init__(self, *, size: int, hidden: int, dropout: float, activation: str) -> None:
        super().__init__()
        gated = activation == "swiglu"
        self.gate = keras.layers.Dense(hidden, activation="silu", use_bias=False) if gated else None
        self.hidden = keras.layers.Dense(
            hidden, activation=None if gated else activation, use_bias=not gated
        )
        self.out = keras.layers.Dense(size, use_bias=not gated)
        self.drop = keras.layers.Dropout(dropout)

    def call(self, tokens: Tensor, training: bool) -> Tensor:
        hidden = self.hidden(tokens)
        if self.gate is not None:
            hidden *= self.gate(tokens)
        return self.out(self.drop(hidden, training=training))


class TransformerBlock(keras.layers.Layer):
    """One transformer block.

    Args:
        size: width of a token.
        heads: attention heads.
        widen: width of the hidden feed-forward layer as a multiple of `size`.
        dropout: in training.
        kind: `sasrec` normalises queries only, ReLU (Kang and McAuley 2018); `ligr` gates both
            residual branches, SwiGLU (Borisyuk et al. 2025, as in eSASRec, Tikhonovich et al.
            2025); `pre_norm` normalises the input of both branches, GELU.
        causal: True if a token attends only to itself and older ones.
        index: of the block in its encoder, from 0.
    """

    def __init__(
        self,
        *,
        size: int,
        heads: int,
        widen: int,
        dropout: float,
        kind: str,
        causal: bool,
        index: int = 0,
    ) -> None:
        super().__init__(name=numbered("block", index))
        activation = {"sasrec": "relu", "ligr": "swiglu", "pre_norm": "gelu"}[kind]
        self.kind = kind
        self.attention = MultiHeadAttention(
            size=size,
            heads=heads,
            dropout=dropout,
            causal=causal,
            name=numbered("attention", index),
        )
        self.forward = FeedForward(
            size=size, hidden=size * widen, dropout=dropout, activation=activation
        )
        self.norms = [keras.layers.LayerNormalization(epsilon=1e-6) for _ in range(2)]
        self.drop = keras.layers.Dropout(dropout)
        gates = 2 if kind == "ligr" else 0
        self.gates = [keras.layers.Dense(size, activation="sigmoid") for _ in range(gates)]

    def call(self, tokens: Tensor, layout: Layout, newest: bool, training: bool) -> Tensor:
        """Tokens `(total, size)` to as many, or only to the newest of each history."""
        queries = layout.last(tokens) if newest else tokens
        normal = self.norms[0](queries)
        if self.kind == "sasrec":
            tokens = normal + self.attention(
                normal, tokens, layout=layout, newest=newest, training=training
            )
            normal = self.norms[1](tokens)
            return normal + self.drop(self.forward(normal, training=training), training=training)
        others = self.norms[0](tokens) if newest else normal
        attended = self.drop(
            self.attention(normal, others, layout=layout, newest=newest, training=training),
            training=training,
        )
        tokens = queries + (self.gates[0](queries) * attended if self.gates else attended)
        hidden = self.forward(self.norms[1](tokens), training=training)
        hidden = self.drop(hidden, training=training)
        return tokens + (self.gates[1](tokens) * hidden if self.gates else hidden)


def numbered(name: str, index: int) -> str:
    """A layer's name. TensorFlow sums in the order of names, so they are part of the numbers."""
    return f"{name}_{index}" if index else name
