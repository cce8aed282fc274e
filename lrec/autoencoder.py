"""What autoencoders of whole histories share: their input, their target, their training rows."""

from __future__ import annotations

from lrec.data import Split
from lrec.neural import NeuralModel, Tensor


class Autoencoder(NeuralModel):
    """A model whose training example is a user's whole history, as a set of items."""

    def prepare(self, split: Split) -> int:
        import tensorflow as tf

        train = split.train
        self.histories = tf.RaggedTensor.from_row_splits(train.item, train.offsets, validate=False)
        return len(train)

    @staticmethod
    def corrupt(items: Tensor, dropout: float) -> tuple[Tensor, Tensor]:
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
            stay = tf.random.uniform(tf.shape(items.values)) >= dropout
            items = tf.RaggedTensor.from_value_rowids(
                tf.boolean_mask(items.values, stay),
                tf.boolean_mask(items.value_rowids(), stay),
                nrows=items.nrows(),
                validate=False,
            )
        return items, scale
