"""Scores as a graph of TensorFlow operations alone, from padded histories: a model's export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lrec.base.arrays import Tensor


@dataclass(frozen=True)
class PaddedHistories:
    """Histories in rows of equal length.

    Attributes:
        items: `(batch, length)` int32 item codes, oldest first.
        is_item: `(batch, length)` bool, True where there is an item of the catalogue.
        ratings: `(batch, length)` float32, NaN where there is none.
    """

    items: Tensor
    is_item: Tensor
    ratings: Tensor

    @property
    def n_rows(self) -> Tensor:
        """Number of histories, scalar int32."""
        import tensorflow as tf

        return tf.shape(self.items)[0]

    @property
    def row(self) -> Tensor:
        """Row of each item of the catalogue, `(total,)` int32."""
        import tensorflow as tf

        return tf.cast(tf.where(self.is_item)[:, 0], tf.int32)

    @property
    def item(self) -> Tensor:
        """The items of the catalogue, `(total,)` int32."""
        import tensorflow as tf

        return tf.boolean_mask(self.items, self.is_item)

    @property
    def rating(self) -> Tensor:
        """Ratings of the items of the catalogue, `(total,)` float32."""
        import tensorflow as tf

        return tf.boolean_mask(self.ratings, self.is_item)

    def has_none_of(self, n_items: int) -> Tensor:
        """True for histories without any of the first items, `(batch, 1)` bool."""
        import tensorflow as tf

        return ~tf.reduce_any(self.is_item & (self.items < n_items), axis=1, keepdims=True)

    def filled(self, n_items: int) -> PaddedHistories:
        """An item in the place of the first where a history has none of the first `n_items`.

        Kernels of TensorFlow Lite fail on nothing; its scores do not count.
        """
        import tensorflow as tf

        stands_in = (tf.range(tf.shape(self.items)[1]) == 0) & self.has_none_of(n_items)
        items = tf.where(stands_in, 0, self.items)
        return replace(self, items=items, is_item=self.is_item | stands_in)

    def within(self, n_items: int) -> PaddedHistories:
        """The histories as a catalogue of the first items has them."""
        import tensorflow as tf

        inside = self.is_item & (self.items < n_items)
        return replace(self, items=tf.where(inside, self.items, 0), is_item=inside)

    def counts(self, n_items: int) -> Tensor:
        """Occurrences of each item of the catalogue in each history, `(batch, n_items)` int32."""
        import tensorflow as tf

        pairs = tf.stack([self.row, self.item], axis=1)
        shape = tf.stack([self.n_rows, n_items])
        return tf.scatter_nd(pairs, tf.ones_like(self.item), shape)

    def ragged(self) -> Tensor:
        """The items of the catalogue, `(batch, None)` ragged int32."""
        import tensorflow as tf

        lengths = tf.reduce_sum(tf.cast(self.is_item, tf.int64), axis=1)
        splits = tf.pad(tf.cumsum(lengths), [[1, 0]])
        return tf.RaggedTensor.from_row_splits(self.item, splits, validate=False)

    def newest(self, n: int) -> PaddedHistories:
        """The newest n items of each history."""
        import tensorflow as tf

        from_end = tf.cumsum(tf.cast(self.is_item, tf.int32), axis=1, reverse=True)
        return replace(self, is_item=self.is_item & (from_end <= n))

    def distinct(self) -> PaddedHistories:
        """Each item once, where it occurs last."""
        import tensorflow as tf

        index = tf.range(tf.shape(self.items)[1])
        is_later = index[None, :] > index[:, None]
        is_same = tf.expand_dims(self.items, 2) == tf.expand_dims(self.items, 1)
        repeats = tf.reduce_any(is_same & is_later & tf.expand_dims(self.is_item, 1), axis=2)
        return replace(self, is_item=self.is_item & ~repeats)


@dataclass(frozen=True)
class ExportScorer:
    """A model's scores for an exported graph.

    Attributes:
        scores: TensorFlow code from padded histories to `(batch, n_items)` float32 scores. None is
            without an item that is known, unless the model scores empty ones
            (`Model.scores_empty`).
        variables: everything that `scores` reads.
        reads_ratings: True if ratings matter.
        n_known: number of first items, one of which a history needs for scores of its own; None
            where any item of the catalogue will do.
    """

    scores: Callable[[PaddedHistories], Tensor]
    variables: list[Any]
    reads_ratings: bool = False
    n_known: int | None = None
