"""The transformer on padded histories: what the layout of lrec's own saves."""

from __future__ import annotations

from typing import Any

from lrec.data.queries import Split
from lrec.model.attention import Attention
from lrec.model.common.neural import Tensor


class Padded(Attention):
    """Training on rows of `max_length` items, short histories padded with the first item.

    The padding stands behind the real items, which attend backwards only, and its predictions have
    no weight: the model that is trained is the same.
    """

    def prepare(self, split: Split) -> int:
        n_examples = super().prepare(split)
        self.rows = self.histories.to_tensor(0, shape=[None, self.max_length + 1])
        self.real = self.histories.row_lengths() - 1
        return n_examples

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        rows, real = tf.gather(self.rows, examples), tf.gather(self.real, examples)
        inputs, targets = rows[:, :-1], tf.reshape(rows[:, 1:], [-1])
        tokens = self.embedding(tf.reshape(inputs, [-1]))
        layout = padded_layout(inputs, real)
        states = self.encoder(tokens, layout=layout, training=True)
        weights = tf.reshape(tf.sequence_mask(real, self.max_length, tf.float32), [-1])
        return self.history_losses(states, targets, layout.row, tf.size(real), weights)


def padded_layout(inputs: Tensor, real: Tensor) -> Any:
    """The layout of padded rows; the `real` items keep the positions that they have without."""
    import tensorflow as tf

    from lrec.model.layers.layout import Layout

    class PaddedLayout(Layout):
        @property
        def from_end(self) -> Tensor:
            return tf.maximum(tf.gather(real, self.row) - 1 - self.position, 0)

    return PaddedLayout.of(tf.RaggedTensor.from_tensor(inputs))
