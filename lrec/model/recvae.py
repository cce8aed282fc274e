"""RecVAE: a VAE with a memory of its last posterior; encoder and decoder train alternately."""

from __future__ import annotations

import math
from typing import Any

from lrec.base.arrays import Tensor
from lrec.base.ranges import check_dropout, check_sizes
from lrec.data.catalogue import Catalogue
from lrec.model.common.autoencoder import GenerativeAutoencoder
from lrec.model.common.protocols import TrainStep

# The composite prior's parts: standard normal, last epoch's posterior, a wide normal.
SHARES = (3 / 20, 3 / 4, 1 / 10)
WIDE = 10.0  # log-variance of the third


class RecVAE(GenerativeAutoencoder):
    """RecVAE (Shenbin et al. 2020, "RecVAE: a new variational autoencoder for top-n").

    Encoder: five swish layers, each normalised and fed by the sum of all before it; decoder: one
    linear layer. The prior of the code is a mixture of N(0, 1), the posterior that the encoder of
    the last epoch gave, and a wide normal. The KL term is weighted by γ times the user's number of
    items. An epoch trains the encoder (with dropout) for `encoder_passes`, remembers it, and then
    trains the decoder (without dropout) once.

    Args:
        hidden_size: width of the encoder's layers.
        latent_size: width of the latent code.
        dropout: share of the history that the encoder's training leaves out of the input.
        gamma: KL weight for each item of a history.
        encoder_passes: passes of the encoder for one of the decoder.
    """

    name = "recvae"
    papers = ("shenbin2020recvae",)
    uses_weights = True

    def __init__(
        self,
        hidden_size: int = 600,
        latent_size: int = 200,
        dropout: float = 0.5,
        gamma: float = 0.005,
        encoder_passes: int = 3,
    ) -> None:
        check_sizes(hidden_size=hidden_size, latent_size=latent_size, encoder_passes=encoder_passes)
        check_dropout(dropout)
        if gamma < 0:
            raise ValueError(f"gamma must not be negative. Received: {gamma}")
        self.hidden_size = hidden_size
        self.latent_size = latent_size
        self.dropout = dropout
        self.gamma = gamma
        self.encoder_passes = encoder_passes

    @property
    def item_width(self) -> int:
        return self.hidden_size + self.latent_size

    def build(self, catalogue: Catalogue) -> None:
        import tensorflow as tf
        from keras.layers import Dense

        from lrec.model.layers.gaussian_encoder import GaussianEncoder

        def encoder() -> Any:
            return GaussianEncoder(catalogue.n_items, self.hidden_size, self.latent_size)

        self.encoder, self.remembered = encoder(), encoder()
        self.logits = Dense(catalogue.n_items)
        self.remembered(tf.ragged.constant([[0]], tf.int32), scale=tf.ones(1))  # makes its weights

    def layers(self) -> list[Any]:
        return [self.encoder, self.logits]  # the remembered encoder only matters in training

    def train_steps(self) -> list[TrainStep]:
        encoder = self.network([self.encoder], self._encoder_losses)
        return [
            TrainStep(encoder, self.encoder_passes, on_end=self._remember),
            TrainStep(self.network([self.logits], self.losses)),
        ]

    def _remember(self) -> None:
        self.remembered.set_weights(self.encoder.get_weights())

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        return self._losses(examples, dropout=0.0)

    def _encoder_losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        return self._losses(examples, self.dropout)

    def _losses(self, examples: Tensor, dropout: float) -> Tensor:
        import tensorflow as tf

        from lrec.model.layers.multinomial import multinomial_loss

        items = tf.gather(self.histories, examples)
        kept, scale = self.corrupt(items, dropout)
        mean, log_variance = self.encoder(kept, scale=scale)
        code = self.sample(mean, log_variance)
        whole, scale = self.corrupt(items, dropout=0.0)
        posterior = [tf.stop_gradient(part) for part in self.remembered(whole, scale=scale)]
        normal = tf.zeros_like(mean)
        prior = tf.reduce_logsumexp(
            [
                math.log(share) + _log_density(code, *gaussian)
                for share, gaussian in zip(
                    SHARES, [(normal, normal), posterior, (normal, normal + WIDE)], strict=True
                )
            ],
            axis=0,
        )
        divergence = tf.reduce_sum(_log_density(code, mean, log_variance) - prior, axis=1)
        weight = self.gamma * tf.cast(items.row_lengths(), tf.float32)
        loss = multinomial_loss(self.logits(code), items, self.weights_of(examples))
        return loss + weight * divergence

    def encode(self, items: Tensor, ratings: Tensor) -> Tensor:
        """The mean of the latent code."""
        return self._encode(items)[0]

    def decode(self, items: Tensor, noisy: bool) -> Tensor:
        from lrec.model.layers.multinomial import float32_dense

        mean, log_variance = self._encode(items)
        code = self.sample(mean, log_variance) if noisy else mean
        return float32_dense(self.logits, code)

    def _encode(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the code, each `(batch, latent_size)` float32."""
        whole, scale = self.corrupt(items, dropout=0.0)
        mean, log_variance = self.encoder(whole, scale=scale)
        return mean, log_variance


def _log_density(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Log density of independent normals, elementwise."""
    import tensorflow as tf

    spread = (x - mean) ** 2 / tf.exp(log_variance)
    return -0.5 * (log_variance + math.log(2 * math.pi) + spread)
