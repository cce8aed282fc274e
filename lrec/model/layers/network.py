"""A model's losses in Keras's training loop. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from lrec.base.arrays import Tensor
from lrec.model.layers.random_numbers import RandomStream


class Network(keras.Model):
    """Gives a model that computes its own losses to Keras's training loop.

    Args:
        parts: every layer that the model owns.
        loss: training loss of each example, from a batch of indices.
        random: the stream that the loss draws from.
    """

    def __init__(
        self,
        parts: list[keras.layers.Layer],
        loss: Callable[[Tensor], Tensor],
        random: RandomStream,
    ) -> None:
        super().__init__()
        self.parts = parts
        self.random_state = random.state
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
