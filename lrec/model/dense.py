"""The dense rating network: user history and candidate item through hidden layers to a rating."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from lrec.base.arrays import Tensor
from lrec.base.errors import DataError
from lrec.base.ranges import check_dropout, check_sizes
from lrec.data.catalogue import Catalogue
from lrec.data.genre_matrix import frequent
from lrec.data.queries import Split
from lrec.model.common.bias import BiasModel
from lrec.model.common.neural import NeuralModel, Use

# Catalogue items scored at once: bounds the first hidden layer to batch × this × width.
CHUNK = 64


class Dense(NeuralModel):
    """A feed-forward network on the history and a candidate (after Covington et al. 2016).

    User part: embeddings and genres of the history's items, pooled plainly and pooled by how much
    better than expected each was rated; the number of items, the mean and the spread of those
    residuals (`lrec.model.layers.rated_pooling`). Item part: embedding and genres. The first hidden
    layer is linear in both before its ReLU, so both parts are computed once and added for every
    pair. In training the target is taken out of its own history.

    A rating is predicted as what the bias model expects (μ + b_i + b_u, with b_u from the history)
    plus the network's correction, which starts at 0.

    Args:
        objective: `rating`: mean squared error of ratings; scores are predicted ratings. `ranking`:
            softmax of the target among uniformly sampled negatives; scores are logits.
        embedding_size: width of an item embedding.
        hidden_sizes: widths of the hidden layers.
        residual: add each later hidden layer's input to its output where the widths are equal.
        dropout: share of hidden units left out in training.
        negatives: sampled items a step, for `ranking`.
        regularisation: L2 penalty on the embedding and bias of each target.
        item_vectors: how embeddings use vectors of `feature`, see `ItemEmbedding`.
    """

    name = "dense"
    scores_empty = True
    uses_weights = True

    def __init__(
        self,
        objective: Literal["rating", "ranking"] = "rating",
        embedding_size: int = 64,
        hidden_sizes: Sequence[int] = (64, 32),
        residual: bool = False,
        dropout: float = 0.2,
        negatives: int = 256,
        regularisation: float = 1e-3,
        item_vectors: Use = "additional",
    ) -> None:
        check_sizes(embedding_size=embedding_size, negatives=negatives)
        if not hidden_sizes or min(hidden_sizes) < 1:
            raise ValueError(
                f"hidden_sizes must be positive widths. Received: {list(hidden_sizes)}"
            )
        check_dropout(dropout)
        if regularisation < 0:
            raise ValueError(f"regularisation must not be negative. Received: {regularisation}")
        self.objective = objective
        self.rating_head = "native" if objective == "rating" else "calibrated"
        self.embedding_size = embedding_size
        self.hidden_sizes = tuple(hidden_sizes)
        self.residual = residual
        self.dropout = dropout
        self.negatives = negatives
        self.regularisation = regularisation
        self.item_vectors: Use = item_vectors

    def build(self, catalogue: Catalogue) -> None:
        import keras
        import tensorflow as tf

        from lrec.model.layers.embedding import ItemEmbedding

        n_items = catalogue.n_items
        genres = catalogue.features.genres
        empty = np.zeros((n_items, 0), np.float32)
        self.genres = tf.constant(empty if genres is None else frequent(genres, n_items))
        first, *deeper = self.hidden_sizes

        self.embedding = ItemEmbedding(
            n_items,
            self.embedding_size,
            "normal",
            vectors=catalogue.features.vectors,
            use=self.item_vectors,
        )
        self.bias = keras.layers.Embedding(n_items, 1, "zeros")
        self.expected = keras.layers.Embedding(n_items, 1, "zeros", trainable=False)  # μ + b_i
        self.user_part = keras.layers.Dense(first)
        self.item_part = keras.layers.Dense(first, use_bias=False)
        self.hidden = [keras.layers.Dense(size, activation="relu") for size in deeper]
        self.drop = keras.layers.Dropout(self.dropout)
        self.out = keras.layers.Dense(1, kernel_initializer="zeros")
        if self.objective == "ranking":
            self.out = keras.layers.Dense(1)

    def prepare(self, split: Split) -> int:
        import tensorflow as tf

        train = split.train
        ratings = train.rating
        if ratings is not None:
            bias = BiasModel.fit(train, split.catalogue.n_items)
            self.expected.set_weights([(bias.mean + bias.item)[:, None]])
        elif self.objective == "rating":
            raise DataError(
                "model.objective=rating needs ratings, and the data has none: use "
                "model.objective=ranking."
            )
        else:
            ratings = np.full(len(train.item), np.nan)
        self.items = tf.RaggedTensor.from_row_splits(train.item, train.offsets, validate=False)
        self.ratings = self.items.with_values(tf.constant(ratings, tf.float32))
        self.row = tf.constant(train.row)
        targets = np.arange(len(train.item))
        if self.objective == "rating":
            targets = targets[~np.isnan(ratings)]
        self.targets = tf.constant(targets)
        self.weights = None if train.weight is None else tf.constant(train.weight)
        return len(targets)

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        examples = tf.gather(self.targets, examples)
        target = tf.gather(self.items.values, examples)
        rating = tf.gather(self.ratings.values, examples)
        rows, index = tf.unique(tf.gather(self.row, examples))
        items, ratings = tf.gather(self.items, rows), tf.gather(self.ratings, rows)
        pooled = tf.gather(self._pool(items, ratings.values), index)
        user, base = self._user(pooled - self._entries(target, rating))
        bias = tf.cast(self.bias(target)[:, 0], tf.float32)
        if self.objective == "rating":
            expected = tf.cast(self.expected(target)[:, 0], tf.float32)
            predicted = expected + base + bias + self._join(user + self._item(target), True)
            loss = (predicted - rating) ** 2
        else:
            drawn = self.random.integers([self.negatives], self.catalogue.n_items)
            positive = bias + self._join(user + self._item(target), True)
            negative = self._join(user[:, None] + self._item(drawn), True)
            negative += tf.cast(self.bias(drawn)[:, 0], tf.float32)
            negative = tf.where(drawn == target[:, None], tf.float32.min, negative)
            logits = tf.concat([positive[:, None], negative], axis=1)
            loss = tf.reduce_logsumexp(logits, axis=1) - positive
        if self.weights is not None:
            loss *= tf.gather(self.weights, examples)
        size = tf.reduce_sum(tf.cast(self.embedding(target), tf.float32) ** 2, axis=1)
        return loss + self.regularisation * (size + bias**2)

    def scores(self, items: Tensor, ratings: Tensor) -> Tensor:
        import tensorflow as tf

        user, base = self._user(self._pool(items, ratings))
        n_items = self.catalogue.n_items
        padded = tf.minimum(tf.range(-(-n_items // CHUNK) * CHUNK), n_items - 1)
        chunks = tf.reshape(self._item(padded), [-1, CHUNK, self.hidden_sizes[0]])

        def join(chunk: Tensor) -> Tensor:
            return self._join(user[:, None] + chunk, False)

        def join_all() -> Tensor:
            return tf.map_fn(join, chunks, fn_output_signature=tf.float32)

        if tf.executing_eagerly():  # thousands of chunks one by one would take a minute
            join(chunks[0])  # makes the weights, which a graph may not
            join_all = tf.function(join_all, autograph=False)
        corrections = join_all()
        shape = [items.nrows(), padded.shape[0]]
        corrections = tf.reshape(tf.transpose(corrections, [1, 0, 2]), shape)
        everything = tf.range(n_items)
        offset = self.bias(everything)[:, 0]
        if self.objective == "rating":
            offset = tf.cast(offset, tf.float32) + tf.cast(
                self.expected(everything)[:, 0], tf.float32
            )
        return tf.cast(offset, tf.float32) + base[:, None] + corrections[:, :n_items]

    def encode(self, items: Tensor, ratings: Tensor) -> Tensor:
        """The user part of the first hidden layer."""
        return self._user(self._pool(items, ratings))[0]

    def _entries(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Summands of each rated item, `(total, width)` float32; see `entries`."""
        import tensorflow as tf

        from lrec.model.layers.rated_pooling import entries

        vector = tf.cast(self.embedding(items), tf.float32)
        content = tf.concat([vector, tf.gather(self.genres, items)], axis=1)
        residual = ratings - tf.cast(self.expected(items)[:, 0], tf.float32)
        return entries(content, residual)

    def _pool(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Sums over each history, `(batch, width)` float32."""
        import tensorflow as tf

        entries = self._entries(items.values, ratings)
        return tf.math.unsorted_segment_sum(entries, items.value_rowids(), items.nrows())

    def _user(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """User part of the first hidden layer `(batch, width)`, and b_u `(batch,)`."""
        from lrec.model.layers.rated_pooling import features

        user, bias = features(pooled)
        return self.user_part(user), bias

    def _item(self, items: Tensor) -> Tensor:
        """Item part of the first hidden layer, `(n, width)`."""
        import tensorflow as tf

        vector = self.embedding(items)
        genres = tf.cast(tf.gather(self.genres, items), vector.dtype)
        return self.item_part(tf.concat([vector, genres], axis=-1))

    def _join(self, first: Tensor, training: bool) -> Tensor:
        """From the sum of both parts, `(…, width)`, to one float32 number for each pair, `(…,)`."""
        import tensorflow as tf

        x = self.drop(tf.nn.relu(first), training=training)
        for layer in self.hidden:
            y = layer(x)
            x = self.drop(
                x + y if self.residual and x.shape[-1] == y.shape[-1] else y, training=training
            )
        return tf.cast(self.out(x)[..., 0], tf.float32)
