"""Scores by content beside a model's own as TensorFlow code."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Array, Floats, Ints, Tensor
from lrec.data.catalogue import Catalogue
from lrec.model import Model
from lrec.model.common.export_scorer import ExportScorer, PaddedHistories
from lrec.model.content.first_choice import FirstChoice, unit_vectors

ROUNDING = 1e-5  # of a log-probability: as likely as a pair that is just let in


def content_scorer(
    base: Model, catalogue: Catalogue, choice: FirstChoice, levels: Floats, places: int
) -> ExportScorer:
    """The scores of `ByContent` as a graph, in float32.

    Items with equal vectors are scored once, so that they tie as they do outside of the graph.

    Args:
        base: scores the first items of the catalogue.
        catalogue: with vectors of the items.
        levels: log-probability of a pair that is just let in, and of the likeliest.
        places: of a list, which items that nobody trained on get a share of.

    Raises:
        DataError: the base has no such code.
    """
    import tensorflow as tf

    scorer = base.export_scorer()
    n_items, n_base = catalogue.n_items, base.catalogue.n_items
    n_known = n_base if scorer.n_known is None else scorer.n_known
    popularity = np.maximum(catalogue.popularity, 1)
    vectors, code, counts = _distinct(catalogue)
    untrained = ~catalogue.is_trained
    order = np.where(untrained, n_base + code, np.arange(n_items))  # columns of each item's score

    def variable(values: Array, kind: type = np.float32) -> Tensor:
        return tf.Variable(values.astype(kind), trainable=False)

    table, item_code = variable(vectors), variable(code, np.int32)
    log, weight = variable(np.log(popularity)), variable(1 / np.sqrt(popularity))
    columns, n_alike = variable(order, np.int32), variable(counts)
    k = min(places, n_base)
    lowest, highest = (float(level) for level in levels)

    def heights(histories: PaddedHistories) -> Tensor:
        """Heights of the vectors of untrained items between the levels, `(batch, n_distinct)`."""
        is_item = tf.cast(histories.is_item, tf.float32)
        length = tf.maximum(tf.reduce_sum(is_item, axis=1, keepdims=True), 1.0)
        popular = tf.reduce_sum(tf.gather(log, histories.items) * is_item, axis=1, keepdims=True)
        intercept, *slopes = choice.regression.astype(float).tolist()
        odds = intercept + slopes[0] * popular / length + slopes[1] * tf.math.log(length)
        new = -tf.math.log(1 + tf.exp(-tf.clip_by_value(odds, -30.0, 30.0)))
        weights = (tf.gather(weight, histories.items) * is_item)[:, :, None]
        own = tf.gather(table, tf.gather(item_code, histories.items))
        profile = tf.reduce_sum(own * weights, axis=1)
        norm = tf.sqrt(tf.reduce_sum(profile**2, axis=1, keepdims=True))
        profile /= tf.maximum(norm, 1e-12)
        logits = tf.matmul(profile, table[: len(counts)], transpose_b=True) / choice.temperature
        logits -= tf.reduce_max(logits, axis=1, keepdims=True)
        total = tf.reduce_sum(n_alike * tf.exp(logits), axis=1, keepdims=True)
        above = new + logits - tf.math.log(total) - lowest
        return tf.where(tf.abs(above) < ROUNDING, 0.0, above) / (highest - lowest)

    def scores(histories: PaddedHistories) -> Tensor:
        known = scorer.scores(histories.within(n_base))
        known = tf.where(untrained[:n_base], 0.0, known)  # of a base that goes on learning
        height = heights(histories)
        let_in = tf.reduce_sum(tf.where(height >= 0, n_alike, tf.zeros_like(height)), axis=1)
        closed = (histories.counts(n_items)[:, :n_base] > 0) | untrained[:n_base]
        best, _ = tf.math.top_k(tf.where(closed, -np.inf, known), k)
        best = tf.where(best > -np.inf, best, tf.reduce_min(known, axis=1, keepdims=True))
        last = k - tf.cast(tf.clip_by_value(let_in, 1.0, float(k)), tf.int32)
        low, high = tf.gather(best, last[:, None], batch_dims=1), best[:, :1]
        high = tf.maximum(high, low + 1e-4 * tf.maximum(tf.abs(low), 1e-4))
        return tf.gather(tf.concat([known, low + (high - low) * height], 1), columns, axis=1)

    own = [table, item_code, log, weight, columns, n_alike]
    return ExportScorer(scores, [*scorer.variables, *own], scorer.reads_ratings, n_known)


def _distinct(catalogue: Catalogue) -> tuple[Floats, Ints, Ints]:
    """The distinct vectors of the items, those of items that nobody trained on first.

    Returns:
        Vectors `(n_vectors, width)`, the row of each item `(n_items,)`, and of the first vectors
        the number of items that nobody trained on.
    """
    vectors = unit_vectors(catalogue, np.arange(catalogue.n_items)).astype(np.float32)
    distinct, code = np.unique(vectors, axis=0, return_inverse=True)
    code = code.reshape(-1)  # numpy 2.0 gives it another shape
    counts = np.bincount(code[~catalogue.is_trained], minlength=len(distinct))
    order = np.argsort(counts == 0, kind="stable")
    row = np.empty_like(order)
    row[order] = np.arange(len(order))
    return distinct[order], row[code], counts[counts > 0]
