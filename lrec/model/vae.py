"""Mult-VAE: a variational autoencoder of the whole history."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lrec.base.arrays import Tensor
from lrec.base.ranges import check_dropout, check_sizes
from lrec.data.catalogue import Catalogue
from lrec.model.common.autoencoder import GenerativeAutoencoder
from lrec.model.common.neural import Use


class VAE(GenerativeAutoencoder):
    """Mult-VAE (Liang et al. 2018, "Variational autoencoders for collaborative filtering").

    The history, L2-normalised and with dropout, is encoded to a Gaussian; a sample of it is decoded
    to logits of a multinomial over the catalogue. Loss: negative log-likelihood of the history plus
    beta · KL(q || N(0, I)), with beta annealed from 0. Scores are the logits at the mean.

    Args:
        hidden_sizes: widths of the encoder's hidden layers; the decoder mirrors them.
        latent_size: width of the latent code.
        dropout: share of the history that training leaves out of the input.
        beta: final weight of the KL term.
        anneal_steps: optimizer steps over which beta grows from 0; 0 starts at beta.
        noise: standard deviation of the code before training. 1 is the paper's; with less, long
            histories take fewer epochs, and short ones are overfitted.
        item_vectors: how the encoder's first layer uses vectors of `feature`, see `ItemEmbedding`.
        sampled_items: items of the catalogue that a training step decodes to, drawn anew for each;
            None: all. The likelihood is then that of the part of a history that lies among them,
            given that it does, times the catalogue's size over theirs: its gradient is 0 at the
            same probabilities (a composite likelihood, Lindsay 1988), and varies more.
    """

    name = "vae"
    papers = ("liang2018vae",)
    uses_weights = True

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (600,),
        latent_size: int = 200,
        dropout: float = 0.5,
        beta: float = 0.2,
        anneal_steps: int = 2000,
        noise: float = 1.0,
        item_vectors: Use = "additional",
        sampled_items: int | None = None,
    ) -> None:
        if not hidden_sizes or min(hidden_sizes) < 1:
            raise ValueError(
                f"hidden_sizes must be positive widths. Received: {list(hidden_sizes)}"
            )
        check_sizes(latent_size=latent_size)
        check_dropout(dropout)
        if beta < 0 or anneal_steps < 0:
            raise ValueError(
                "beta and anneal_steps must not be negative. "
                f"Received: beta={beta}, anneal_steps={anneal_steps}"
            )
        if noise <= 0:
            raise ValueError(f"noise must be positive. Received: {noise}")
        self.hidden_sizes = tuple(hidden_sizes)
        self.latent_size = latent_size
        self.dropout = dropout
        self.beta = beta
        self.anneal_steps = anneal_steps
        self.warmup_steps = anneal_steps if beta else 0
        self.noise = noise
        if sampled_items is not None:
            check_sizes(sampled_items=sampled_items)
        self.item_vectors: Use = item_vectors
        self.sampled_items = sampled_items

    @property
    def item_width(self) -> int:
        return 2 * self.hidden_sizes[0]

    def build(self, catalogue: Catalogue) -> None:
        from keras.initializers import Constant
        from keras.layers import Dense

        from lrec.model.layers.embedding import EmbeddingBag

        first, *deeper = self.hidden_sizes
        self.bag = EmbeddingBag(
            catalogue.n_items,
            first,
            activation="tanh",
            use_bias=True,
            vectors=catalogue.features.vectors,
            use=self.item_vectors,
        )
        self.encoder = [Dense(size, activation="tanh") for size in deeper]
        self.mean = Dense(self.latent_size)
        start = Constant(2 * math.log(self.noise))
        self.log_variance = Dense(self.latent_size, bias_initializer=start)
        self.decoder = [Dense(size, activation="tanh") for size in reversed(self.hidden_sizes)]
        self.logits = Dense(catalogue.n_items)

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        items = tf.gather(self.histories, examples)
        mean, log_variance = self._encode(items, dropout=self.dropout)
        hidden = self._widen(self.sample(mean, log_variance))
        loss = self._reconstruction_loss(hidden, items, self.weights_of(examples))
        mean, log_variance = tf.cast(mean, tf.float32), tf.cast(log_variance, tf.float32)
        divergence = tf.reduce_sum(mean**2 + tf.exp(log_variance) - 1 - log_variance, axis=1) / 2
        grown = tf.cast(progress, tf.float32) / max(self.anneal_steps, 1)
        beta = self.beta * (tf.minimum(grown, 1.0) if self.anneal_steps else 1.0)
        return loss + beta * divergence

    def _reconstruction_loss(self, hidden: Tensor, items: Tensor, weights: Tensor | None) -> Tensor:
        """Negative log-likelihood of the histories, `(batch,)`."""
        from lrec.model.layers.multinomial import multinomial_loss, sampled_multinomial_loss

        if self.sampled_items is None or self.sampled_items >= self.catalogue.n_items:
            return multinomial_loss(self.logits(hidden), items, weights)
        drawn = self.random.distinct(self.sampled_items, self.catalogue.n_items)
        return sampled_multinomial_loss(self.logits, hidden, drawn, items, weights)

    def encode(self, items: Tensor, ratings: Tensor) -> Tensor:
        """The mean of the latent code."""
        return self._encode(items, dropout=0.0)[0]

    def decode(self, items: Tensor, noisy: bool) -> Tensor:
        from lrec.model.layers.multinomial import float32_dense

        mean, log_variance = self._encode(items, dropout=0.0)
        code = self.sample(mean, log_variance) if noisy else mean
        return float32_dense(self.logits, self._widen(code))

    def last_hidden(self, items: Tensor, ratings: Tensor) -> Tensor:
        return self._widen(self.encode(items, ratings))

    def _encode(self, items: Tensor, dropout: float) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the code, each `(batch, latent_size)`."""
        kept, scale = self.corrupt(items, dropout)
        hidden = self.bag(kept, scale=scale)
        for layer in self.encoder:
            hidden = layer(hidden)
        return self.mean(hidden), self.log_variance(hidden)

    def _widen(self, code: Tensor) -> Tensor:
        """The decoder's last hidden layer."""
        for layer in self.decoder:
            code = layer(code)
        return code
