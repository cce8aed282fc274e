"""Mult-DAE: a denoising autoencoder of the whole history."""

from __future__ import annotations

from lrec.base.arrays import Tensor
from lrec.base.ranges import check_dropout, check_sizes
from lrec.data.catalogue import Catalogue
from lrec.model.common.autoencoder import Autoencoder


class DAE(Autoencoder):
    """Mult-DAE (Liang et al. 2018): the VAE's plain sibling, one hidden layer and no noise.

    The history, L2-normalised and with dropout, goes through one tanh layer to logits of a
    multinomial over the catalogue. Loss: its negative log-likelihood of the history, plus
    `regularisation` · Σ weights² / 2, shared out over the users.

    Args:
        latent_size: width of the hidden layer.
        dropout: share of the history that training leaves out of the input.
        regularisation: weight of the L2 penalty.
    """

    name = "dae"
    papers = ("liang2018vae",)
    uses_weights = True

    def __init__(
        self, latent_size: int = 200, dropout: float = 0.5, regularisation: float = 0.01
    ) -> None:
        check_sizes(latent_size=latent_size)
        check_dropout(dropout)
        if regularisation < 0:
            raise ValueError(f"regularisation must not be negative. Received: {regularisation}")
        self.latent_size = latent_size
        self.dropout = dropout
        self.regularisation = regularisation

    @property
    def item_width(self) -> int:
        return 2 * self.latent_size

    def build(self, catalogue: Catalogue) -> None:
        from keras.layers import Dense

        from lrec.model.layers.embedding import EmbeddingBag

        self.bag = EmbeddingBag(
            catalogue.n_items, self.latent_size, activation="tanh", use_bias=True
        )
        self.logits = Dense(catalogue.n_items)

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        from lrec.model.layers.multinomial import multinomial_loss

        items = tf.gather(self.histories, examples)
        kept, scale = self.corrupt(items, self.dropout)
        logits = self.logits(self.bag(kept, scale=scale))
        loss = multinomial_loss(logits, items, self.weights_of(examples))
        weights = (self.bag.embeddings.value, self.logits.kernel.value)
        return loss + self.regularisation * tf.add_n(
            [tf.nn.l2_loss(tf.cast(w, tf.float32)) for w in weights]
        ) / tf.cast(self.histories.nrows(), tf.float32)

    def encode(self, items: Tensor, ratings: Tensor) -> Tensor:
        """The hidden layer."""
        kept, scale = self.corrupt(items, dropout=0.0)
        return self.bag(kept, scale=scale)

    def scores(self, items: Tensor, ratings: Tensor) -> Tensor:
        from lrec.model.layers.multinomial import float32_dense

        return float32_dense(self.logits, self.encode(items, ratings))
