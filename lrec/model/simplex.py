"""SimpleX: the mean of the history's items, trained by a cosine contrastive loss."""

from __future__ import annotations

from lrec.base.arrays import Tensor
from lrec.base.ranges import check_dropout
from lrec.data.catalogue import Catalogue
from lrec.model.common.batch_items import BatchItems
from lrec.model.pooled.pooled_model import PooledModel, mean_over_negatives


class SimpleX(PooledModel):
    """SimpleX (Mao et al. 2021): scores are cosines of an item and a map of the history's mean.

    Loss of a target i after the history h, over the negatives N, by cosines c:
    max(0, 1 − c(h, i)) + w / |N| · Σ_{j∈N} max(0, c(h, j) − m). Negatives below the margin m have
    no gradient: what is left are the hard ones. The target is not in its own history.

    The paper mixes the history's mean with a vector of the user, by a share g that is 0 here: a
    user is a history. Its loss function matters more than that, as it finds.

    Args:
        embedding_size, negatives: see `PooledModel`.
        margin: m, the cosine up to which a negative costs nothing.
        negative_weight: w, weight of the negatives' mean loss.
        dropout: share of the user's vector that training leaves out.
        regularisation: L2 penalty on the embedding of each target.
    """

    name = "simplex"
    papers = ("mao2021simplex",)
    shortest = 2

    def __init__(
        self,
        embedding_size: int = 64,
        negatives: int = 1024,
        margin: float = 0.5,
        negative_weight: float = 150.0,
        dropout: float = 0.1,
        regularisation: float = 0.0,
    ) -> None:
        super().__init__(embedding_size=embedding_size, negatives=negatives)
        check_dropout(dropout)
        if not 0 <= margin < 1:
            raise ValueError(f"margin must be a cosine from 0 to below 1. Received: {margin}")
        if negative_weight <= 0:
            raise ValueError(f"negative_weight must be positive. Received: {negative_weight}")
        if regularisation < 0:
            raise ValueError(f"regularisation must not be negative. Received: {regularisation}")
        self.margin = margin
        self.negative_weight = negative_weight
        self.dropout = dropout
        self.regularisation = regularisation

    def build(self, catalogue: Catalogue) -> None:
        from keras.layers import Dense, Dropout

        from lrec.model.layers.embedding import EmbeddingBag

        self.bag = EmbeddingBag(catalogue.n_items, self.embedding_size)
        self.map = Dense(self.embedding_size, use_bias=False)
        self.drop = Dropout(self.dropout)

    def item_losses(self, examples: Tensor, histories: Tensor, drawn: Tensor) -> Tensor:
        import tensorflow as tf

        targets, nothing = histories.values, tf.zeros([0], tf.int32)
        batch = BatchItems.read(self.bag, nothing, targets, drawn)
        vectors = tf.gather(batch.vectors, batch.targets)
        user = self._user(means_of_others(vectors, histories), training=True)
        items = tf.math.l2_normalize(batch.vectors, axis=1)
        positive = tf.reduce_sum(user * tf.gather(items, batch.targets), axis=1)
        negative = tf.matmul(
            tf.cast(user, self.bag.compute_dtype),
            tf.cast(tf.gather(items, batch.drawn), self.bag.compute_dtype),
            transpose_b=True,
        )
        excess = tf.nn.relu(tf.cast(negative, tf.float32) - self.margin)
        against = self.negative_weight * mean_over_negatives(excess, drawn, targets)
        size = tf.reduce_sum(vectors**2, axis=1)
        return tf.nn.relu(1 - positive) + against + self.regularisation * size

    def encode(self, items: Tensor, ratings: Tensor) -> Tensor:
        """The user's vector, of length 1; 0 for an empty history."""
        import tensorflow as tf

        lengths = tf.cast(items.row_lengths(), tf.float32)
        return self._user(self.bag(items, scale=1 / tf.maximum(lengths, 1.0)), training=False)

    def table(self) -> Tensor:
        import tensorflow as tf

        return tf.math.l2_normalize(self.bag.table(), axis=1)

    def _user(self, mean: Tensor, training: bool) -> Tensor:
        """Vectors of length 1, `(n, embedding_size)` float32, of means over histories."""
        import tensorflow as tf

        vector = self.drop(self.map(mean), training=training)
        return tf.math.l2_normalize(tf.cast(vector, tf.float32), axis=1)


def means_of_others(vectors: Tensor, histories: Tensor) -> Tensor:
    """The mean of the other items of each item's history, `(total, width)`.

    Args:
        vectors: `(total, width)` of the items of the histories.
        histories: `(batch, None)` ragged, of two items or more.
    """
    import tensorflow as tf

    rows = histories.value_rowids()
    sums = tf.math.unsorted_segment_sum(vectors, rows, histories.nrows())
    others = tf.cast(tf.gather(histories.row_lengths(), rows) - 1, vectors.dtype)
    return (tf.gather(sums, rows) - vectors) / others[:, None]
