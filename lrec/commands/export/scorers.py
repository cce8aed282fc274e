"""How each kind of models scores inside TensorFlow alone, from padded histories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import singledispatch
from typing import Any

import numpy as np

from lrec.base.arrays import Tensor
from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.model import Model
from lrec.model.common.item_item import ItemItemModel
from lrec.model.common.neural import NeuralModel
from lrec.model.common.sequence import SequenceModel
from lrec.model.ials import IALS
from lrec.model.popularity import Popularity

STEPS = 100  # of conjugate gradients, at most
PRECISION = 1e-6  # of their solution


@dataclass(frozen=True)
class Padded:
    """Histories in rows of equal length.

    Attributes:
        items: `(batch, length)` int32.
        real: `(batch, length)` bool, where there is an item of the catalogue.
        ratings: `(batch, length)` float32, NaN where there is none.
    """

    items: Tensor
    real: Tensor
    ratings: Tensor

    @property
    def row(self) -> Tensor:
        """Row of each item that is real, `(total,)` int32."""
        import tensorflow as tf

        return tf.cast(tf.where(self.real)[:, 0], tf.int32)

    @property
    def item(self) -> Tensor:
        """The items that are real, `(total,)` int32."""
        import tensorflow as tf

        return tf.boolean_mask(self.items, self.real)

    @property
    def n_rows(self) -> Tensor:
        import tensorflow as tf

        return tf.shape(self.items)[0]

    def ragged(self) -> Tensor:
        """`(batch, None)` ragged int32."""
        import tensorflow as tf

        lengths = tf.reduce_sum(tf.cast(self.real, tf.int64), axis=1)
        splits = tf.pad(tf.cumsum(lengths), [[1, 0]])
        return tf.RaggedTensor.from_row_splits(self.item, splits, validate=False)


@dataclass(frozen=True)
class Scorer:
    """How a model scores.

    Attributes:
        scores: padded histories, none of them empty unless the model answers empty ones, to
            `(batch, n_items)` float32.
        variables: what it reads.
        reads_ratings: whether ratings matter.
    """

    scores: Callable[[Padded], Tensor]
    variables: list[Any]
    reads_ratings: bool = False


@singledispatch
def scorer_of(model: Model) -> Scorer:
    """The graph of a kind of models."""
    raise DataError(f"model={model.name} cannot be exported: it has no graph.")


@scorer_of.register
def _(model: NeuralModel) -> Scorer:
    import tensorflow as tf

    def scores(asked: Padded) -> Tensor:
        ratings = tf.boolean_mask(asked.ratings, asked.real)
        return tf.cast(model.scores(asked.ragged(), ratings), tf.float32)

    flat = [tf.TensorSpec([None], dtype) for dtype in (tf.int32, tf.float32, tf.int64)]
    _, ratings, _ = tf.function(model.graph).get_concrete_function(*flat).inputs[:3]
    return Scorer(scores, _weights(model), reads_ratings=bool(ratings.consumers()))


@scorer_of.register
def _(model: SequenceModel) -> Scorer:
    import tensorflow as tf

    def scores(asked: Padded) -> Tensor:
        steps = tf.cumsum(tf.cast(asked.real, tf.int32), axis=1, reverse=True)
        read = replace(asked, real=asked.real & (steps <= model.max_length))
        if model.extra_tokens:  # the mask, where the next item would stand
            mask = tf.fill([asked.n_rows, 1], model.catalogue.n_items)
            read = Padded(
                items=tf.concat([read.items, mask], axis=1),
                real=tf.concat([read.real, mask > 0], axis=1),
                ratings=asked.ratings,
            )
        state = model.item_states(read.ragged(), newest=True, training=False)
        asking = model.query_vectors(tf.cast(state, tf.float32))
        return tf.matmul(asking, model.table(), transpose_b=True)

    return Scorer(scores, _weights(model))


@scorer_of.register
def _(model: ItemItemModel) -> Scorer:
    import tensorflow as tf

    if isinstance(model.weights, np.ndarray):
        tables = [tf.Variable(model.weights, trainable=False)]
    else:
        tables = [tf.Variable(table, trainable=False) for table in _neighbours(model.weights)]

    def scores(asked: Padded) -> Tensor:
        asked = replace(asked, real=asked.real & ~_again(asked))
        steps = tf.cumsum(tf.cast(asked.real, tf.float32), axis=1, reverse=True, exclusive=True)
        votes = tf.boolean_mask(tf.pow(model.recency, steps), asked.real)[:, None]
        if len(tables) == 1:
            given = tf.gather(tables[0], asked.item) * votes
            return tf.math.unsorted_segment_sum(given, asked.row, asked.n_rows)
        neighbours, weights = (tf.gather(table, asked.item) for table in tables)
        row = tf.broadcast_to(asked.row[:, None], tf.shape(neighbours))
        places = tf.stack([tf.reshape(row, [-1]), tf.reshape(neighbours, [-1])], axis=1)
        shape = tf.stack([asked.n_rows, model.catalogue.n_items])
        return tf.scatter_nd(places, tf.reshape(weights * votes, [-1]), shape)

    return Scorer(scores, tables)


@scorer_of.register
def _(model: IALS) -> Scorer:
    import tensorflow as tf

    fixed = model.items
    factors = tf.Variable(fixed.rotated[:-1], trainable=False)

    def scores(asked: Padded) -> Tensor:
        real = tf.cast(asked.real & ~_again(asked), tf.float32)
        frequency = tf.reduce_sum(real, axis=1) + model.alpha * model.catalogue.n_items
        ridge = model.regularisation * frequency**model.frequency_exponent
        scale = tf.math.rsqrt(fixed.spectrum.astype(np.float32) + ridge[:, None])
        rows = tf.gather(factors, asked.items) * tf.expand_dims(real, 2)
        return tf.matmul(scale * _ridge(rows * scale[:, None]), factors, transpose_b=True)

    return Scorer(scores, [factors])


@scorer_of.register
def _(model: Popularity) -> Scorer:
    import tensorflow as tf

    scores = tf.Variable(model.score(Histories.of([[]])), trainable=False)
    return Scorer(lambda asked: tf.tile(scores, [asked.n_rows, 1]), [scores])


def _weights(model: NeuralModel) -> list[Any]:
    return [weight.value for layer in model.layers() for weight in layer.weights]


def _neighbours(weights: Any) -> tuple[Any, Any]:
    """Sparse rows as two tables, `(n_items, most)`: columns int32 and values float32."""
    counts = np.diff(weights.indptr)
    inside = np.arange(max(counts.max(), 1)) < counts[:, None]
    columns, values = np.zeros(inside.shape, np.int32), np.zeros(inside.shape, np.float32)
    columns[inside], values[inside] = weights.indices, weights.data
    return columns, values


def _again(asked: Padded) -> Tensor:
    """Whether an item occurs again further on in its history, `(batch, length)` bool."""
    import tensorflow as tf

    place = tf.range(tf.shape(asked.items)[1])
    later = place[None, :] > place[:, None]
    same = tf.expand_dims(asked.items, 2) == tf.expand_dims(asked.items, 1)
    counted = tf.expand_dims(asked.real, 1)
    return tf.reduce_any(same & later & counted, axis=2)


def _ridge(rows: Tensor) -> Tensor:
    """Solve (I + RᵀR) x = Rᵀ1 by conjugate gradients (Hestenes and Stiefel 1952).

    TensorFlow Lite solves no linear systems. As many steps as R has rows are enough.

    Args:
        rows: `(batch, length, width)`.

    Returns:
        `(batch, width)`.
    """
    import tensorflow as tf

    def squares(x: Tensor) -> Tensor:
        return tf.reduce_sum(x * x, axis=1, keepdims=True)

    def step(i: Tensor, x: Tensor, rest: Tensor, way: Tensor) -> tuple[Tensor, ...]:
        seen = tf.matmul(rows, tf.expand_dims(way, 2))
        image = way + tf.matmul(rows, seen, transpose_a=True)[:, :, 0]
        before = squares(rest)
        far = before / tf.maximum(tf.reduce_sum(way * image, axis=1, keepdims=True), tiny)
        x, rest = x + far * way, rest - far * image
        return i + 1, x, rest, rest + way * squares(rest) / tf.maximum(before, tiny)

    tiny = np.finfo(np.float32).tiny
    start = tf.reduce_sum(rows, axis=1)
    enough = PRECISION**2 * tf.reduce_max(squares(start))
    _, solved, _, _ = tf.while_loop(
        lambda i, x, rest, way: (i < STEPS) & (tf.reduce_max(squares(rest)) > enough),
        step,
        (0, tf.zeros_like(start), start, start),
    )
    return solved
