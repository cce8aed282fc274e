"""Autoencoders of whole histories: their input, their target, their training rows."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from lrec.base.arrays import Floats, Tensor
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model.common.factorised_scores import FactorisedScores, with_column
from lrec.model.common.memory import check_memory
from lrec.model.common.neural import NeuralModel, ragged, ragged_weights
from lrec.model.common.protocols import Callback, Schedule, Strategy

# Copies of each weight at the end of an epoch: itself, its gradient, two moments of Adam, the best
# epoch's, and what goes into a checkpoint, itself and the moments once more.
COPIES = 8
# Arrays of a step that are as large as its logits.
LIKE_LOGITS = 6


class Autoencoder(NeuralModel):
    """A model whose training example is a user's whole history, as a set of items."""

    logits: Any

    @property
    @abstractmethod
    def item_width(self) -> int:
        """Weights that each item of the catalogue has, in the first and the last layer."""

    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        """Train on `split.train` only.

        Raises:
            DataError: the catalogue is too large for this machine's memory.
        """
        n_items = split.catalogue.n_items
        numbers = n_items * (COPIES * self.item_width + LIKE_LOGITS * schedule.batch_size)
        check_memory(
            self.name,
            4 * numbers,
            n_items,
            "model=attention or model=dense, which train on samples of the items, model=itemknn or "
            "model=rp3beta, a smaller schedule.batch_size or narrower layers",
            callback,
        )
        super().fit(split, schedule, strategy, seed, callback)

    def prepare(self, split: Split) -> int:
        import tensorflow as tf

        train = split.train
        self.histories = tf.RaggedTensor.from_row_splits(train.item, train.offsets, validate=False)
        self.weights = ragged_weights(train, self.histories)
        return len(train)

    def weights_of(self, examples: Tensor) -> Tensor | None:
        """Weights of the examples' items, `(total,)` float32, or None where all count 1."""
        import tensorflow as tf

        return None if self.weights is None else tf.gather(self.weights, examples).values

    def corrupt(self, items: Tensor, dropout: float) -> tuple[Tensor, Tensor]:
        """The L2-normalised multi-hot rows of `items`, after dropout: ids and a factor of each row.

        Args:
            items: `(batch, None)` ragged int32.
            dropout: share of items left out; the others are scaled up for it.

        Returns:
            Ragged items that are left, and `(batch,)` float32 values of their entries.
        """
        import tensorflow as tf

        length = tf.cast(items.row_lengths(), tf.float32)
        scale = 1 / (tf.sqrt(tf.maximum(length, 1.0)) * (1 - dropout))
        if dropout:
            stay = self.random.uniform(tf.shape(items.values)) >= dropout
            items = tf.RaggedTensor.from_value_rowids(
                tf.boolean_mask(items.values, stay),
                tf.boolean_mask(items.value_rowids(), stay),
                nrows=items.nrows(),
                validate=False,
            )
        return items, scale

    def last_hidden(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Inputs of the output layer, `(batch, width)`: by default the vectors of `encode`."""
        return self.encode(items, ratings)

    def output_layer(self) -> Any:
        """The layer that makes scores of `last_hidden`."""
        return self.logits

    def factorised_scores(self) -> FactorisedScores:
        kernel, bias = map(np.asarray, (self.output_layer().kernel, self.output_layer().bias))

        def queries(histories: Histories) -> Floats:
            return with_column(self._vectors(self.last_hidden, histories), 1.0)

        return FactorisedScores(with_column(kernel.T, bias), queries)


class GenerativeAutoencoder(Autoencoder):
    """An autoencoder that decodes a history to a distribution."""

    @abstractmethod
    def decode(self, items: Tensor, noisy: bool) -> Tensor:
        """Scores of the catalogue, `(batch, n_items)` float32.

        Args:
            items: `(batch, None)` ragged int32.
            noisy: True to draw from the distribution, False to take its mean.
        """

    def sample(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        """A draw from each Gaussian, of their shape."""
        import tensorflow as tf

        noise = self.random.normal(tf.shape(mean), mean.dtype)
        return mean + noise * tf.exp(log_variance / 2)

    def scores(self, items: Tensor, ratings: Tensor) -> Tensor:
        return self.decode(items, noisy=False)

    def draw(self, histories: Histories) -> Floats:
        """Like `score`, but noisy: another draw at every call. The seed of `fit` decides them."""

        def noisy(*inputs: Tensor) -> Tensor:
            items, _ = ragged(*inputs)
            return self.decode(items, noisy=True)

        scores: Floats = self._graph_of("draw", noisy)(*self.inputs(histories)).numpy()
        return scores
