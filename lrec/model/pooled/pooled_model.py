"""Models of two vectors: a pooled history and an item, whose inner product is the score."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial

import numpy as np

from lrec.base.arrays import Tensor
from lrec.base.errors import DataError
from lrec.base.ranges import check_sizes
from lrec.data.queries import Split
from lrec.model.common.factorised_scores import FactorisedScores
from lrec.model.common.neural import NeuralModel, ragged_weights


class PooledModel(NeuralModel):
    """A model that pools a history to a vector, and is trained on its items against drawn ones.

    A training example is a user with all interactions, each of which is a target. All targets of a
    batch share their negatives, so that the scores of these are one matrix product.

    Args:
        embedding_size: width of the vectors.
        negatives: items drawn for a step, uniformly.

    Attributes:
        shortest: length of the shortest histories that training can use.
    """

    uses_weights = True
    scores_are_products = True
    shortest = 1

    def __init__(self, *, embedding_size: int, negatives: int) -> None:
        check_sizes(embedding_size=embedding_size, negatives=negatives)
        self.embedding_size = embedding_size
        self.negatives = negatives

    @abstractmethod
    def table(self) -> Tensor:
        """Item vectors that scores are made of, `(n_items, embedding_size)` float32."""

    @abstractmethod
    def item_losses(self, examples: Tensor, histories: Tensor, drawn: Tensor) -> Tensor:
        """Losses of all items of the histories, `(total,)` float32.

        Args:
            examples: `(batch,)` int64, rows among the training histories that are long enough.
            histories: `(batch, None)` ragged int32, their items.
            drawn: `(negatives,)` int32, the negatives.
        """

    def prepare(self, split: Split) -> int:
        import tensorflow as tf

        train = split.train.take(np.flatnonzero(split.train.lengths >= self.shortest))
        if not len(train):
            raise DataError(
                f"model={self.name} learns an item from others of the same user, and no user has "
                f"{self.shortest} training interactions: use another model."
            )
        self.histories = tf.RaggedTensor.from_row_splits(train.item, train.offsets, validate=False)
        self.weights = ragged_weights(train, self.histories)
        # of the losses' sum: their mean over users is then that over all targets
        total = len(train.item) if train.weight is None else float(train.weight.sum())
        self.share = len(train) / total
        return len(train)

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        histories = tf.gather(self.histories, examples)
        drawn = self.random.integers([self.negatives], self.catalogue.n_items)
        losses = self.item_losses(examples, histories, drawn)
        if self.weights is not None:
            losses *= tf.gather(self.weights, examples).values
        rows, n_rows = histories.value_rowids(), histories.nrows()
        return self.share * tf.math.unsorted_segment_sum(losses, rows, n_rows)

    def scores(self, items: Tensor, ratings: Tensor) -> Tensor:
        import tensorflow as tf

        vectors = tf.cast(self.encode(items, ratings), tf.float32)
        return tf.matmul(vectors, self.table(), transpose_b=True)

    def factorised_scores(self) -> FactorisedScores:
        table = np.asarray(self.table(), np.float32)
        return FactorisedScores(table, partial(self._vectors, self.encode))


def mean_over_negatives(losses: Tensor, drawn: Tensor, targets: Tensor) -> Tensor:
    """The mean loss of each target's negatives, `(total,)`; the target itself loses nothing.

    Args:
        losses: `(total, negatives)`.
        drawn: `(negatives,)` items.
        targets: `(total,)` items.
    """
    import tensorflow as tf

    return tf.reduce_mean(tf.where(drawn == targets[:, None], 0.0, losses), axis=1)
