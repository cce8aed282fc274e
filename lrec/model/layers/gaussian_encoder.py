"""RecVAE's encoder. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

import keras
import tensorflow as tf

from lrec.base.arrays import Tensor
from lrec.model.layers.embedding import EmbeddingBag


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
