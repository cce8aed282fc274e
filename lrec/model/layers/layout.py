"""Positions of the tokens of ragged histories. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from lrec.base.arrays import Tensor


@dataclass(frozen=True)
class Layout:
    """Row and position of each token.

    Attributes:
        row: `(total,)` int64, the history of each token.
        position: `(total,)` int64, from 0 in each history, oldest first.
        length: `(batch,)` int64, tokens of each history.
        splits: `(batch + 1,)` int64.
        age: `(total,)` float32, seconds from each token to the newest of its history, NaN where
            there are no times; None for blocks that do not read it.
    """

    row: Tensor
    position: Tensor
    length: Tensor
    splits: Tensor
    age: Tensor | None = None

    @classmethod
    def of(cls, ragged: Tensor, age: Tensor | None = None) -> Layout:
        """The layout of a `(batch, None)` ragged tensor."""
        row = ragged.value_rowids()
        splits = ragged.row_splits
        position = tf.range(tf.size(row, tf.int64)) - tf.gather(splits, row)
        return cls(row, position, ragged.row_lengths(), splits, age)

    @property
    def from_end(self) -> Tensor:
        """Steps back from the newest token, `(total,)` int64."""
        return tf.gather(self.length, self.row) - 1 - self.position

    def pad(self, tokens: Tensor) -> Tensor:
        """`(total, size)` to `(batch, longest, size)`, zeros behind the end."""
        longest = tf.reduce_max(tf.concat([self.length, [0]], 0))
        shape = tf.stack([tf.size(self.length, tf.int64), longest, tokens.shape[1]])
        return tf.scatter_nd(tf.stack([self.row, self.position], axis=1), tokens, shape)

    def flatten(self, padded: Tensor) -> Tensor:
        """`(batch, longest, size)` to `(total, size)`."""
        return tf.gather_nd(padded, tf.stack([self.row, self.position], axis=1))

    def last(self, tokens: Tensor) -> Tensor:
        """The newest token of each history, `(batch, size)`; zeros for an empty one."""
        total = tf.size(self.row, tf.int64)
        newest = tf.where(self.length > 0, self.splits[1:] - 1, total)
        return tf.gather(tf.pad(tokens, [[0, 1], [0, 0]]), newest)
