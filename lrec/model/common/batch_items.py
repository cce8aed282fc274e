"""The item vectors that a step of training of a sequence model reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lrec.base.arrays import Tensor


@dataclass(frozen=True)
class BatchItems:
    """Vectors of a batch's items: read once each, so that a step costs what it reads.

    Attributes:
        tokens: `(total, size)`, the vectors of the items that the encoder reads.
        vectors: `(n, size)` float32, the vectors among which targets and negatives are.
        targets: int32 indices of the targets in them.
        drawn: int32 indices of the negatives in them.
        item: `(n,)` int32, the item of each vector; None where they are the catalogue in order.
    """

    tokens: Tensor
    vectors: Tensor
    targets: Tensor
    drawn: Tensor
    item: Tensor | None = None

    @classmethod
    def read(cls, embedding: Any, inputs: Tensor, targets: Tensor, drawn: Tensor) -> BatchItems:
        """Read from an `ItemEmbedding`.

        The gradient of the table is one of rows, each of which comes once.

        Args:
            inputs: `(total,)` int32, the items that the encoder reads.
            targets, drawn: int32 items of any shape.
        """
        import tensorflow as tf

        arrays = (inputs, targets, drawn)
        item, index = tf.unique(tf.concat([tf.reshape(array, [-1]) for array in arrays], axis=0))
        read, *scored = tf.split(index, [tf.size(array) for array in arrays])
        vectors = embedding.vectors(item)
        targets, drawn = (
            tf.reshape(part, tf.shape(array))
            for part, array in zip(scored, (targets, drawn), strict=True)
        )
        tokens = tf.cast(tf.gather(vectors, read), embedding.compute_dtype)
        return cls(tokens, vectors, targets, drawn, item)
