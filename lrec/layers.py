"""Keras layers that more than one model uses. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from lrec.draws import Draws
from lrec.embedding import EmbeddingBag

Tensor = Any  # TensorFlow ships no types


class GaussianEncoder(keras.layers.Layer):
    """RecVAE's encoder (Shenbin et al. 2020): densely connected swish layers to a Gaussian.

    Args:
        n_items: of the catalogue.
        hidden_size: width of its five layers.
        latent_size: width of the code.
    """

    def __init__(self, n_items: int, hidden_size: int, latent_size: int) -> None:
        super().__init__()
        self.bag = EmbeddingBag(n_items, hidden_size, use_bias=True)
        self.hidden = [keras.layers.Dense(hidden_size) for _ in range(4)]
        self.norms = [keras.layers.LayerNormalization(epsilon=1e-1) for _ in range(5)]
        self.mean = keras.layers.Dense(latent_size)
        self.log_variance = keras.layers.Dense(latent_size)

    def call(self, items: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the code, each `(batch, latent_size)` float32.

        Args:
            items: `(batch, None)` ragged int32.
            scale: factor of each row, `(batch,)`.
        """
        total = self.norms[0](keras.activations.silu(self.bag(items, scale=scale)))
        last = total
        for layer, norm in zip(self.hidden, self.norms[1:], strict=True):
            last = norm(keras.activations.silu(layer(last) + total))
            total += last
        return tf.cast(self.mean(last), tf.float32), tf.cast(self.log_variance(last), tf.float32)


def multinomial_loss(logits: Tensor, items: Tensor, weights: Tensor | None = None) -> Tensor:
    """Negative multinomial log-likelihood of each row's items, `(batch,)` float32.

    -Σ_{i in row} w_i log softmax(logits)_i.

    Args:
        logits: `(batch, n_items)`.
        items: `(batch, None)` ragged int32.
        weights: `(total,)` float32, or None where all count 1.
    """
    if weights is None:
        weights = tf.zeros([0])  # as RaggedBincount has it
    return _multinomial_loss(tf.cast(logits, tf.float32), items.values, items.row_splits, weights)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _multinomial_loss(
    logits: Tensor, items: Tensor, splits: Tensor, weights: Tensor
) -> tuple[Tensor, Callable[..., Any]]:
    n_items = logits.shape[1]
    count = tf.cast(splits[1:] - splits[:-1], tf.float32)
    rows = tf.repeat(tf.range(tf.size(count, tf.int64)), splits[1:] - splits[:-1])
    weighted = weights.shape[0] != 0
    if weighted:
        count = tf.math.unsorted_segment_sum(weights, rows, tf.size(count))
    chance = tf.nn.softmax(logits)
    # log Σ exp, through the largest probability: it never underflows
    log_total = tf.reduce_max(logits, axis=1) - tf.math.log(tf.reduce_max(chance, axis=1))
    places = rows * n_items + tf.cast(items, tf.int64)
    chosen = tf.gather(tf.reshape(logits, [-1]), places)
    if weighted:
        chosen *= weights
    chosen = tf.math.unsorted_segment_sum(chosen, rows, tf.size(count))

    def gradient(upstream: Tensor) -> tuple[Tensor, None, None, None]:
        target = tf.raw_ops.RaggedBincount(  # faster than scattering
            splits=splits, values=items, size=n_items, weights=weights
        )
        return upstream[:, None] * (chance * count[:, None] - target), None, None, None

    return count * log_total - chosen, gradient


def float32_dense(layer: keras.layers.Dense, x: Tensor) -> Tensor:
    """A linear layer computed in float32 whatever its precision: for ranking scores.

    Scores of fewer bits tie among the best items.
    """
    if not layer.built:
        layer.build(x.shape)
    # In training with mixed precision the variables read as rounded.
    x, kernel, bias = (tf.cast(part, tf.float32) for part in (x, layer.kernel, layer.bias))
    return tf.nn.bias_add(tf.matmul(x, kernel), bias)


class Network(keras.Model):
    """Gives a model that computes its own losses to Keras's training loop.

    Args:
        parts: every layer that the model owns.
        loss: training loss of each example, from a batch of indices.
        draws: what the loss draws its random numbers from.
    """

    def __init__(
        self, parts: list[keras.layers.Layer], loss: Callable[[Tensor], Tensor], draws: Draws
    ) -> None:
        super().__init__()
        self.parts = parts
        self.draws = draws.state
        self.example_losses = loss
        self.built = True

    def call(self, rows: Tensor, training: bool = False) -> Tensor:
        """Losses of the examples, `(batch,)` float32; of a replica, those of its share."""
        replica = tf.distribute.get_replica_context()
        if replica.num_replicas_in_sync > 1:
            rows = rows[replica.replica_id_in_sync_group :: replica.num_replicas_in_sync]
        return self.example_losses(rows)

    def compute_loss(
        self,
        x: Tensor = None,
        y: Tensor = None,
        y_pred: Tensor = None,
        sample_weight: Tensor = None,
        training: bool = True,
    ) -> Tensor:
        """Mean over the batch; of a replica, what its share adds to it."""
        return tf.reduce_sum(y_pred) / tf.cast(tf.size(x), tf.float32)

    def compute_metrics(self, *arguments: Any, **named: Any) -> dict[str, Tensor]:
        """The mean loss so far."""
        values: dict[str, Tensor] = super().compute_metrics(*arguments, **named)
        if isinstance(self.distribute_strategy, tf.distribute.MultiWorkerMirroredStrategy):
            # Keras takes the mean over workers along an axis that scalars lack (its issue 20585)
            values = {name: value[None] for name, value in values.items()}
        return values
