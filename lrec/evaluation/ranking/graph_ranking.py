"""Graphs of a network's scores, and of its lists where a GPU makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lrec.base.arrays import Array, Tensor
from lrec.base.errors import DataError
from lrec.evaluation.ranking.top_k import top_k
from lrec.model import Model


def sees_gpu() -> bool:
    """True if TensorFlow computes on a GPU: then scores should not leave it."""
    import tensorflow as tf

    return bool(tf.config.list_logical_devices("GPU"))


def score_graph(model: Model, arrays: Sequence[Array]) -> Callable[..., Any]:
    """One graph from histories, as `Model.inputs` gives them, to scores."""

    def scores(*tensors: Tensor) -> Tensor:
        return _scores(model, tensors)

    return _traced(scores, arrays)


def ranking_graph(model: Model, k: int, arrays: Sequence[Array]) -> Callable[..., Any]:
    """One graph from histories to ranked items, their scores, the targets' scores and a check.

    Args:
        arrays: like those that it will be called with.
    """
    import tensorflow as tf

    popularity = tf.constant(model.catalogue.popularity, tf.float32)

    def step(*tensors: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        *inputs, masked_row, masked, target_row, target, is_personalised, users = tensors
        scores = _scores(model, inputs)
        finite = tf.reduce_all(tf.math.is_finite(scores))
        at_targets = tf.gather_nd(scores, tf.stack([target_row, target], axis=1))
        scores = tf.cond(
            tf.reduce_all(is_personalised),
            lambda: scores,
            lambda: tf.where(is_personalised[:, None], scores, popularity),
        )
        scores = tf.tensor_scatter_nd_update(
            scores,
            tf.stack([masked_row, masked], axis=1),
            tf.fill(tf.shape(masked), tf.constant(-np.inf)),
        )
        return *top_k(scores, k, users), at_targets, finite

    return _traced(step, arrays)


def _scores(model: Model, inputs: Sequence[Tensor]) -> Tensor:
    import tensorflow as tf

    scores, shape = model.graph(*inputs), [None, model.catalogue.n_items]
    if not scores.shape.is_compatible_with(shape) or scores.dtype != tf.float32:
        raise DataError(
            f"model={model.name}: its scores must be (n, n_items) float32, here {shape}. "
            f"Received: a tensor {scores.shape.as_list()} {scores.dtype.name}"
        )
    return tf.ensure_shape(scores, shape)


def _traced(function: Callable[..., Any], arrays: Sequence[Array]) -> Callable[..., Any]:
    import tensorflow as tf

    signature = [tf.TensorSpec([None] * array.ndim, array.dtype) for array in arrays]
    # no Python control flow to convert, which would take longer than tracing
    graph = tf.function(function, input_signature=signature, autograph=False)
    concrete = graph.get_concrete_function()  # saves a millisecond a call
    return lambda *arrays: concrete(*map(tf.constant, arrays))
