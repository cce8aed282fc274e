"""Models as graphs of plain TensorFlow operations, which run without lrec: what an export holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrec.base.arrays import Tensor
from lrec.evaluation.ranking.top_k import tie_break_keys
from lrec.model import Model
from lrec.model.common.export_scorer import PaddedHistories


def export_graph(model: Model, batch: int | None = None) -> Any:
    """A model as a `tf.Module` with a graph `recommend` that ranks items for padded histories.

    Its inputs are `history`, `(batch, length)` int32 item codes, oldest first, -1 (or any number
    outside the catalogue) for nothing, with one column at least; `k`, a scalar int32; and, if the
    model reads them, `ratings`, `(batch, length)` float32, NaN for nothing.

    Its outputs are `items`, `(batch, k)` int32, best first, none of the history, -1 where the
    catalogue ran out; and their `scores`, `(batch, k)` float32. A history without an item that the
    model knows gets the most popular ones, unless the model scores it. These are the lists that
    `lrec.evaluation.ranking` has for users who are not in the data, ties broken in the same way.

    Args:
        batch: number of rows, or None for any.

    Raises:
        DataError: the model has no such graph.
    """
    import tensorflow as tf

    scorer = model.export_scorer()
    n_items = model.catalogue.n_items
    n_known = n_items if scorer.n_known is None else scorer.n_known
    # of equal scores the first wins: in this order it is the one that wins elsewhere, too
    keys = tie_break_keys(tf.constant([-1], tf.int64), n_items).numpy()[0]
    order = tf.Variable(np.argsort(-keys, kind="stable").astype(np.int32), trainable=False)
    popularity = tf.Variable(model.catalogue.popularity.astype(np.float32), trainable=False)

    @tf.function  # type: ignore[untyped-decorator]
    def recommend(**inputs: Tensor) -> dict[str, Tensor]:
        history = inputs["history"]
        is_item = (history >= 0) & (history < n_items)
        ratings = inputs.get("ratings", tf.fill(tf.shape(history), np.float32(np.nan)))
        histories = PaddedHistories(tf.where(is_item, history, 0), is_item, ratings)
        if model.scores_empty:
            scores = scorer.scores(histories)
        else:
            scores = scorer.scores(histories.filled(n_known))
            scores = tf.where(histories.has_none_of(n_known), popularity, scores)
        scores = tf.where(histories.counts(n_items) > 0, -np.inf, scores)
        scores = tf.gather(scores, order, axis=1)
        best, index = tf.math.top_k(scores, tf.minimum(inputs["k"], n_items))
        return {"items": tf.where(best > -np.inf, tf.gather(order, index), -1), "scores": best}

    specs = {
        "history": tf.TensorSpec([batch, None], tf.int32, "history"),
        "k": tf.TensorSpec([], tf.int32, "k"),
    }
    if scorer.reads_ratings:
        specs["ratings"] = tf.TensorSpec([batch, None], tf.float32, "ratings")
    module = tf.Module()
    module.weights = [order, popularity, *scorer.variables]
    module.recommend = recommend.get_concrete_function(**specs)
    return module
