"""The other items of each item's history, and its negatives, in sums and means."""

from __future__ import annotations

from lrec.base.arrays import Tensor


def sums_of_others(entries: Tensor, histories: Tensor) -> Tensor:
    """The sum of each history without each of its entries, `(total, width)`.

    Args:
        entries: `(total, width)` of the items of the histories.
        histories: `(batch, None)` ragged.
    """
    import tensorflow as tf

    rows = histories.value_rowids()
    sums = tf.math.unsorted_segment_sum(entries, rows, histories.nrows())
    return tf.gather(sums, rows) - entries


def numbers_of_others(histories: Tensor) -> Tensor:
    """The number of other items of each item's history, `(total, 1)` float32."""
    import tensorflow as tf

    others = tf.gather(histories.row_lengths(), histories.value_rowids()) - 1
    return tf.cast(others, tf.float32)[:, None]


def mean_over_negatives(losses: Tensor, drawn: Tensor, targets: Tensor) -> Tensor:
    """The mean loss of each target's negatives, `(total,)`; the target itself loses nothing.

    Args:
        losses: `(total, negatives)`.
        drawn: `(negatives,)` items.
        targets: `(total,)` items.
    """
    import tensorflow as tf

    return tf.reduce_mean(tf.where(drawn == targets[:, None], 0.0, losses), axis=1)
