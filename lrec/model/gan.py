"""CFGAN: a generator of preference vectors, and a discriminator of generated and real ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lrec.base.arrays import Tensor
from lrec.base.ranges import check_dropout, check_sizes
from lrec.data.catalogue import Catalogue
from lrec.model.common.autoencoder import GenerativeAutoencoder
from lrec.model.common.protocols import TrainStep


class GAN(GenerativeAutoencoder):
    """CFGAN (Chae et al. 2018), vector-wise adversarial training, with both of its remedies (ZP).

    The generator maps a history to a preference for every item, any number, where 1 means taken and
    0 means not. The discriminator gets a history and a vector over the catalogue, and classifies
    that vector as the history itself (real) or the generator's, masked to the history's items
    (fake). Zero reconstruction draws items outside the history and pulls
    their preferences to 0; partial masking draws others and lets them through the mask, so that
    the discriminator gets them too. Scores are the preferences.

    As in the authors' code, the generator maximises log D(fake) instead of minimising
    log(1 − D(fake)) (Goodfellow et al. 2014). Four things differ, because they rank better:
    histories are L2-normalised, hidden layers are tanh, the mask grows with the history, and the
    generator, as a denoising autoencoder, has to complete histories of which it gets a part. A
    replication (Pérez Maurera et al. 2022, "An evaluation study of generative adversarial networks
    for collaborative filtering") found that the generator, which gets no noise, acts as an
    autoencoder, and that simple baselines beat it: compare before you believe. With `noise_size` it
    gets noise, as a conditional GAN does (Mirza and Osindero 2014); scores are then those without
    noise.

    Args:
        hidden_sizes: widths of the generator's hidden layers.
        discriminator_sizes: widths of the discriminator's hidden layers.
        dropout: share of the history that the generator's training leaves out of its input.
        zero_share: share of the items outside a history that are pulled to 0 in a step.
        mask_ratio: items outside a history that pass the mask in a step, for each item in it. The
            paper takes a share of the catalogue, which drowns a short history.
        zero_weight: weight of zero reconstruction.
        regularisation: L2 penalty on the generator's weights.
        noise_size: width of the generator's noise; 0, as in the paper, gives it none.
        discriminator_passes, generator_passes: over the users, in an epoch.
    """

    name = "gan"
    papers = ("chae2018cfgan",)

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (400,),
        discriminator_sizes: Sequence[int] = (125,),
        dropout: float = 0.5,
        zero_share: float = 0.7,
        mask_ratio: float = 10.0,
        zero_weight: float = 0.03,
        regularisation: float = 1e-3,
        noise_size: int = 0,
        discriminator_passes: int = 1,
        generator_passes: int = 1,
    ) -> None:
        if not hidden_sizes or not discriminator_sizes:
            raise ValueError(
                "hidden_sizes and discriminator_sizes must name one layer at least. "
                f"Received: {list(hidden_sizes)}, {list(discriminator_sizes)}"
            )
        check_sizes(hidden_sizes=min(hidden_sizes), discriminator_sizes=min(discriminator_sizes))
        check_sizes(discriminator_passes=discriminator_passes, generator_passes=generator_passes)
        check_dropout(dropout)
        if not 0 <= zero_share <= 1:
            raise ValueError(f"zero_share must be from 0 to 1. Received: {zero_share}")
        if min(mask_ratio, zero_weight, regularisation, noise_size) < 0:
            raise ValueError(
                "mask_ratio, zero_weight, regularisation and noise_size must not be negative. "
                f"Received: {mask_ratio}, {zero_weight}, {regularisation}, {noise_size}"
            )
        self.hidden_sizes = tuple(hidden_sizes)
        self.discriminator_sizes = tuple(discriminator_sizes)
        self.dropout = dropout
        self.zero_share = zero_share
        self.mask_ratio = mask_ratio
        self.zero_weight = zero_weight
        self.regularisation = regularisation
        self.noise_size = noise_size
        self.discriminator_passes = discriminator_passes
        self.generator_passes = generator_passes

    @property
    def item_width(self) -> int:
        return 2 * (self.hidden_sizes[0] + self.discriminator_sizes[0])

    def build(self, catalogue: Catalogue) -> None:
        import tensorflow as tf
        from keras.layers import Dense

        from lrec.model.layers.embedding import EmbeddingBag

        first, *deeper = self.hidden_sizes
        self.bag = EmbeddingBag(catalogue.n_items, first, use_bias=True)
        self.noise = [Dense(first, use_bias=False)] if self.noise_size else []
        self.hidden = [Dense(size, activation="tanh") for size in deeper]
        self.preferences = Dense(catalogue.n_items)
        first, *deeper = self.discriminator_sizes
        self.condition = EmbeddingBag(catalogue.n_items, first)
        self.vector = Dense(first)
        self.discriminator_hidden = [Dense(size, activation="tanh") for size in deeper]
        self.discriminator_logit = Dense(1)
        one = tf.ragged.constant([[0]], tf.int32)
        self._discriminate(one, tf.zeros([1, catalogue.n_items]))  # makes its weights

    @property
    def _generator(self) -> list[Any]:
        return [self.bag, *self.noise, *self.hidden, self.preferences]

    @property
    def _discriminator(self) -> list[Any]:
        hidden = self.discriminator_hidden
        return [self.condition, self.vector, *hidden, self.discriminator_logit]

    def layers(self) -> list[Any]:
        return self._generator  # the discriminator only matters in training

    def train_steps(self) -> list[TrainStep]:
        discriminator = self.network(self._discriminator, self._discriminator_losses)
        return [
            TrainStep(discriminator, self.discriminator_passes),
            TrainStep(self.network(self._generator, self.losses), self.generator_passes),
        ]

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        _, real, fake, logit = self._fakes(examples)
        adversarial = tf.nn.softplus(-logit)
        zero = tf.reduce_sum((fake * self._outside(real, self.zero_share)) ** 2, axis=1)
        tables = [
            self.bag.embeddings,
            *(layer.kernel for layer in [*self.hidden, self.preferences]),
        ]
        size = tf.add_n([tf.nn.l2_loss(tf.cast(table.value, tf.float32)) for table in tables])
        return adversarial + self.zero_weight * zero + self.regularisation * size

    def _discriminator_losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        items, real, _, logit = self._fakes(examples)
        return tf.nn.softplus(logit) + tf.nn.softplus(-self._discriminate(items, real))

    def _fakes(self, examples: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Histories, as items and as vectors; generated preferences; the logits of these."""
        import tensorflow as tf

        items = tf.gather(self.histories, examples)
        real = self._multi_hot(items)
        fake = self._generate(items, self.dropout, noisy=True)
        return items, real, fake, self._discriminate(items, fake * self._mask(items, real))

    def encode(self, items: Tensor, ratings: Tensor) -> Tensor:
        """The generator's last hidden layer, without noise."""
        return self._hide(items, dropout=0.0, noisy=False)

    def output_layer(self) -> Any:
        return self.preferences

    def decode(self, items: Tensor, noisy: bool) -> Tensor:
        return self._generate(items, dropout=0.0, noisy=noisy)

    def _generate(self, items: Tensor, dropout: float, noisy: bool) -> Tensor:
        """Preferences, `(batch, n_items)` float32."""
        from lrec.model.layers.multinomial import float32_dense

        return float32_dense(self.preferences, self._hide(items, dropout, noisy))

    def _hide(self, items: Tensor, dropout: float, noisy: bool) -> Tensor:
        """The generator's last hidden layer, `(batch, width)`."""
        import tensorflow as tf

        kept, scale = self.corrupt(items, dropout)
        hidden = self.bag(kept, scale=scale)
        for layer in self.noise:
            shape = tf.stack([items.nrows(), self.noise_size])
            none = tf.zeros(shape, hidden.dtype)
            hidden += layer(self.random.normal(shape, hidden.dtype) if noisy else none)
        hidden = tf.tanh(hidden)
        for layer in self.hidden:
            hidden = layer(hidden)
        return hidden

    def _discriminate(self, items: Tensor, vector: Tensor) -> Tensor:
        """Logit of "real", `(batch,)` float32."""
        import tensorflow as tf

        whole, scale = self.corrupt(items, dropout=0.0)
        hidden = tf.tanh(self.condition(whole, scale=scale) + self.vector(vector))
        for layer in self.discriminator_hidden:
            hidden = layer(hidden)
        return tf.cast(self.discriminator_logit(hidden)[:, 0], tf.float32)

    def _multi_hot(self, items: Tensor) -> Tensor:
        import tensorflow as tf

        n_items = self.catalogue.n_items
        counts = tf.raw_ops.RaggedBincount(
            splits=items.row_splits,
            values=items.values,
            size=n_items,
            weights=tf.zeros([0]),
            binary_output=True,
        )
        return tf.ensure_shape(counts, [None, n_items])

    def _mask(self, items: Tensor, real: Tensor) -> Tensor:
        """Entries of a vector that are not masked: the history and `mask_ratio` times as many."""
        import tensorflow as tf

        share = tf.cast(items.row_lengths(), tf.float32) * self.mask_ratio / self.catalogue.n_items
        return real + self._outside(real, share[:, None])

    def _outside(self, real: Tensor, share: Any) -> Tensor:
        """A random share of the items that a history lacks, as 0 and 1."""
        import tensorflow as tf

        return tf.cast(self.random.uniform(tf.shape(real)) < share, tf.float32) * (1 - real)
