"""Training histories of ratings in batches. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from lrec.base.arrays import Bools, Floats, Tensor
from lrec.data.histories import Histories


@dataclass(frozen=True)
class RatedBatch:
    """Targets, and the whole histories that they are part of.

    Attributes:
        items: `(n_rows, None)` ragged int32, the histories.
        ratings: `(total,)` float32 of their items, NaN where there is none.
        row: `(n,)` int, the history of each target.
        position: `(n,)` int64, each target among the `total` items; None where all are targets.
        target: `(n,)` int32, their items.
        rating: `(n,)` float32; a number also where it does not count.
        weight: `(n,)` float32, or None where all count 1.
    """

    items: Tensor
    ratings: Tensor
    row: Tensor
    position: Tensor | None
    target: Tensor
    rating: Tensor
    weight: Tensor | None

    def of_targets(self, values: Tensor) -> Tensor:
        """Those of the targets among values of all items of the histories."""
        return values if self.position is None else tf.gather(values, self.position)


class RatedExamples:
    """The training interactions, one by one or by user.

    Args:
        train: the histories.
        ratings: `(total,)` of their items, NaN where there is none.
        is_target: `(total,)`, False for interactions that are read and not predicted.
        by_user: an example is a user with all interactions; if not, it is a target.

    Attributes:
        n: number of examples.
    """

    def __init__(self, train: Histories, ratings: Floats, is_target: Bools, by_user: bool) -> None:
        self.items = tf.RaggedTensor.from_row_splits(train.item, train.offsets, validate=False)
        self.ratings = self.items.with_values(tf.constant(ratings, tf.float32))
        self.weights = None if train.weight is None else tf.constant(train.weight)
        self.by_user = by_user
        self.all_count = bool(is_target.all())
        if by_user:
            self.n = len(train)
            # of the losses' sum: their mean over users is then that over all targets
            self.share = len(train) / max(int(is_target.sum()), 1)
        else:
            self.n = int(is_target.sum())
            self.targets = tf.constant(np.flatnonzero(is_target))
            self.row = tf.constant(train.row)

    def batch(self, examples: Tensor) -> RatedBatch:
        """The targets of examples `(m,)` int64."""
        return self._users(examples) if self.by_user else self._interactions(examples)

    def losses(self, batch: RatedBatch, losses: Tensor) -> Tensor:
        """Losses of examples `(m,)`, of those of a batch's targets `(n,)`."""
        if not self.by_user:
            return losses
        if not self.all_count:
            losses = tf.where(tf.math.is_nan(batch.ratings), 0.0, losses)
        return self.share * tf.math.unsorted_segment_sum(losses, batch.row, batch.items.nrows())

    def _users(self, users: Tensor) -> RatedBatch:
        items, ratings = tf.gather(self.items, users), tf.gather(self.ratings, users).values
        weight = self.weights
        if weight is not None:
            weight = tf.gather(self.items.with_values(weight), users).values
        rating = ratings if self.all_count else tf.where(tf.math.is_nan(ratings), 0.0, ratings)
        return RatedBatch(items, ratings, items.value_rowids(), None, items.values, rating, weight)

    def _interactions(self, examples: Tensor) -> RatedBatch:
        examples = tf.gather(self.targets, examples)
        rows = tf.gather(self.row, examples)
        distinct, row = tf.unique(rows)
        items = tf.gather(self.items, distinct)
        moved = tf.gather(items.row_splits, row) - tf.gather(self.items.row_splits, rows)
        return RatedBatch(
            items=items,
            ratings=tf.gather(self.ratings, distinct).values,
            row=row,
            position=examples + moved,
            target=tf.gather(self.items.values, examples),
            rating=tf.gather(self.ratings.values, examples),
            weight=None if self.weights is None else tf.gather(self.weights, examples),
        )
