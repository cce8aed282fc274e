"""Models as graphs of plain TensorFlow operations, which run without lrec: what an export holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lrec.base.arrays import Tensor
from lrec.commands.export.scorers import Padded, scorer_of
from lrec.evaluation.ranking import tie_break_keys
from lrec.model import Model


def export_graph(model: Model, batch: int | None = None) -> Any:
    """A model as a `tf.Module` with a graph `recommend` that answers padded histories.

    Its inputs are `history`, `(batch, length)` int32 item codes, oldest first, -1 (or any number
    outside the catalogue) for nothing, with one column at least; `k`, a scalar int32; and, if the
    model reads them, `ratings`, `(batch, length)` float32, NaN for nothing.

    Its outputs are `items`, `(batch, k)` int32, best first, none of the history, -1 where the
    catalogue ran out; and their `scores`, `(batch, k)` float32. Who has no item of the catalogue
    gets the most popular ones, unless the model knows better. These are the lists that
    `lrec.evaluation.ranking` has for users who are not in the data, ties broken in the same way.

    Args:
        batch: number of rows, or None for any.

    Raises:
        DataError: the model has no such graph.
    """
    import tensorflow as tf

    from lrec.model.layers.embedding import plain_operations

    scorer = scorer_of(model)
    n_items = model.catalogue.n_items
    # of equal scores the first wins: in this order it is the one that wins elsewhere, too
    keys = tie_break_keys(tf.constant([-1], tf.int64), n_items).numpy()[0]
    order = tf.Variable(np.argsort(-keys, kind="stable").astype(np.int32), trainable=False)
    popularity = tf.Variable(model.catalogue.popularity.astype(np.float32), trainable=False)

    @tf.function  # type: ignore[untyped-decorator]
    def recommend(**asked: Tensor) -> dict[str, Tensor]:
        history = asked["history"]
        real = (history >= 0) & (history < n_items)
        ratings = asked.get("ratings", tf.fill(tf.shape(history), np.float32(np.nan)))
        given = Padded(tf.where(real, history, 0), real, ratings)
        known = tf.reduce_any(real, axis=1)[:, None]
        if model.answers_empty:
            scores = scorer.scores(given)
        else:  # kernels of TensorFlow Lite stumble over nothing: an item stands in, unheard
            first = tf.range(tf.shape(history)[1]) == 0
            scores = scorer.scores(replace(given, real=real | (first & ~known)))
            scores = tf.where(known, scores, popularity)
        places = tf.stack([given.row, given.item], axis=1)
        shape = tf.stack([given.n_rows, n_items])
        taken = tf.scatter_nd(places, tf.ones_like(given.item), shape)
        scores = tf.where(taken > 0, -np.inf, scores)
        scores = tf.gather(scores, order, axis=1)
        best, places = tf.math.top_k(scores, tf.minimum(asked["k"], n_items))
        return {"items": tf.where(best > -np.inf, tf.gather(order, places), -1), "scores": best}

    specs = {
        "history": tf.TensorSpec([batch, None], tf.int32, "history"),
        "k": tf.TensorSpec([], tf.int32, "k"),
    }
    if scorer.reads_ratings:
        specs["ratings"] = tf.TensorSpec([batch, None], tf.float32, "ratings")
    module = tf.Module()
    module.weights = [order, popularity, *scorer.variables]
    with plain_operations():
        module.recommend = recommend.get_concrete_function(**specs)
    return module
