"""Votes of kept histories as a graph of TensorFlow operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrec.base.arrays import Array, Tensor
from lrec.data.histories import Histories
from lrec.model.common.export_scorer import ExportScorer, PaddedHistories


def session_scorer(model: Any) -> ExportScorer:
    """The scores of a fitted `SKNN`, neighbour for neighbour."""
    import tensorflow as tf

    kept, n_items = model.stored.histories, model.catalogue.n_items
    n = len(kept)
    arrays = (
        *(kept.item, kept.row.astype(np.int32), kept.lengths.astype(np.float32)),
        *(model.factor, table_of(kept, n_items), np.append(model.penalty, np.float32(0))),
        *(order_of(model.stored.age), order_of(order_of(model.stored.age))),
    )
    variables = [tf.Variable(array, trainable=False) for array in arrays]
    item, session, lengths, factor, table, penalty, order, inverse = variables
    least = np.finfo(np.float32).tiny

    def scores(histories: PaddedHistories) -> Tensor:
        histories = histories.distinct()
        is_item = tf.cast(histories.is_item, tf.int32)
        back = tf.cast(tf.cumsum(is_item, axis=1, reverse=True, exclusive=True), tf.float32)
        weights = tf.maximum(tf.pow(np.float32(model.recency), back), least)
        shape = tf.stack([histories.n_rows, n_items + 1])
        pairs = tf.stack([histories.row, histories.item], axis=1)

        def by_item(values: Tensor) -> Tensor:
            return tf.scatter_nd(pairs, tf.boolean_mask(values, histories.is_item), shape)

        def by_session(values: Tensor) -> Tensor:
            """Sum values by item over each history, `(batch, n)`."""
            columns = tf.transpose(tf.gather(values, item, axis=1))
            return tf.transpose(tf.math.unsorted_segment_sum(columns, session, n))

        place = by_item(tf.cumsum(is_item, axis=1))
        common = by_session(tf.cast(place > 0, tf.float32))
        similarity = by_session(by_item(weights)) * factor
        similarity = tf.where(common < lengths, similarity, 0.0)
        if model.sample:
            similarity = sampled(similarity)
        best, index = tf.math.top_k(similarity, min(model.neighbours, n))
        others = tf.gather(table, index)  # (batch, neighbours, longest)
        row = tf.range(histories.n_rows)[:, None, None] * (n_items + 1)
        step = tf.gather(tf.reshape(place, [-1]), row + others)
        match = tf.argmax(step, axis=2, output_type=tf.int32)[:, :, None]
        away = tf.range(table.shape[1])[None, None, :] - match
        votes = tf.pow(np.float32(model.distance), tf.cast(tf.abs(away), tf.float32))
        votes = tf.where(away < 0, votes * np.float32(model.backward), votes) * best[:, :, None]
        votes = tf.reshape(votes, [-1, 1])
        flat = tf.reshape(row + others, [-1, 1])
        total = tf.scatter_nd(flat, votes[:, 0], tf.reshape(tf.reduce_prod(shape), [1]))
        return (tf.reshape(total, shape) * penalty)[:, :n_items]

    def sampled(similarity: Tensor) -> Tensor:
        """The similarities of the newest eligible histories, 0 of the others."""
        ordered = tf.gather(similarity, order, axis=1)
        rank = tf.cumsum(tf.cast(ordered > 0, tf.int32), axis=1)
        ordered = tf.where(rank <= model.sample, ordered, 0.0)
        return tf.gather(ordered, inverse, axis=1)

    return ExportScorer(scores, variables)


def order_of(values: Array) -> Array:
    """Indices in rising order of values, `(n,)` int32; of equal ones the lower ones first."""
    return np.argsort(values, kind="stable").astype(np.int32)


def table_of(histories: Histories, padding: int) -> Array:
    """The items of histories in rows of equal length, `(n, longest)` int32, padded behind."""
    inside = np.arange(max(histories.lengths.max(initial=0), 1)) < histories.lengths[:, None]
    table = np.full(inside.shape, padding, np.int32)
    table[inside] = histories.item
    return table
