"""Random numbers that training draws. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from lrec.base.arrays import Tensor

FAR = 1_000_003  # between the seeds of two replicas


class RandomStream:
    """A stream of random numbers whose state is a variable: training can stop and go on with it.

    Attributes:
        state: the variable, in a Keras object; a network that draws from the stream holds it.
    """

    def __init__(self) -> None:
        self.state = keras.random.SeedGenerator()

    def uniform(self, shape: Tensor) -> Tensor:
        """From 0 to below 1, float32."""
        return tf.random.stateless_uniform(shape, self._seed())

    def integers(self, shape: Tensor, below: int) -> Tensor:
        """From 0 to `below` - 1, int32."""
        return tf.random.stateless_uniform(shape, self._seed(), 0, below, tf.int32)

    def distinct(self, n: int, below: int) -> Tensor:
        """n of the numbers from 0 to `below` - 1, none of them twice, int32."""
        return tf.math.top_k(self.uniform([below]), n, sorted=False).indices

    def normal(self, shape: Tensor, dtype: Any) -> Tensor:
        """From N(0, 1)."""
        return tf.random.stateless_normal(shape, self._seed(), dtype=dtype)

    def _seed(self) -> Tensor:
        """A seed that no other call has, and no other replica."""
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return self.state.next() + tf.stack([tf.cast(replica, tf.int64) * FAR, 0])
