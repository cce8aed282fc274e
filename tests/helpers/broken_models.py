"""Models with the mistakes that their authors make."""

from __future__ import annotations

from lrec.base.arrays import Tensor
from lrec.data.catalogue import Catalogue
from lrec.data.queries import Split
from lrec.model.common.neural import NeuralModel


class WrongShape(NeuralModel):
    """Losses add vectors of 3 and 4 numbers."""

    name = "wrong_shape"

    def __init__(self, window: int | None = None) -> None:
        """Take the arguments of popularity, whose YAML names this class in tests."""

    def build(self, catalogue: Catalogue) -> None:
        from keras.layers import Dense

        self.logits = Dense(catalogue.n_items)

    def prepare(self, split: Split) -> int:
        return len(split.train)

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        return tf.ones([3]) + tf.ones([4])  # the mistake

    def scores(self, items: Tensor, ratings: Tensor) -> Tensor:
        import tensorflow as tf

        return self.logits(tf.ones([items.nrows(), 2]))


class UnusedLayer(WrongShape):
    """A layer that only the losses use, so that Keras makes its weights too late to train them."""

    name = "unused_layer"

    def build(self, catalogue: Catalogue) -> None:
        from keras.layers import Dense, Dropout

        super().build(catalogue)
        self.helper = [Dense(3), Dense(3)]
        self.dropout = Dropout(0.5)  # has no weights
