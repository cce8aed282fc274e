"""The dense rating network: user history and candidate item through hidden layers to a rating."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Arrays, Tensor
from lrec.base.errors import DataError
from lrec.base.ranges import check_dropout, check_sizes
from lrec.data.catalogue import Catalogue
from lrec.data.genre_matrix import frequent
from lrec.data.queries import Split
from lrec.model.common.bias import BiasModel
from lrec.model.common.factorised_scores import FactorisedScores
from lrec.model.common.neural import NeuralModel, Use
from lrec.model.layers.dense_form import (
    PRODUCT_LAYER,
    DenseForm,
    Examples,
    Interaction,
    Objective,
    check_form,
)

if TYPE_CHECKING:
    from lrec.model.layers.rated_examples import RatedBatch

# Catalogue items scored at once: bounds the first hidden layer to batch × this × width.
CHUNK = 64


@dataclass(frozen=True)
class Pairs:
    """Targets, and the histories without them: all that their losses need.

    Attributes:
        user: `(n, first hidden size)`, user parts of the first hidden layer.
        base: `(n,)` float32, b_u.
        item: `(n, width)`, item parts.
        bias, expected, square: `(n,)` float32 of the items: their bias, μ + b_i, and the squared
            length of their embedding.
    """

    user: Tensor
    base: Tensor
    item: Tensor
    bias: Tensor
    expected: Tensor
    square: Tensor


class Dense(NeuralModel):
    """A feed-forward network on the history and a candidate (after Covington et al. 2016).

    User part: embeddings and genres of the history's items, pooled plainly and pooled by how much
    better than expected each was rated; the number of items, the mean and the spread of those
    residuals (`lrec.model.layers.rated_pooling`). Item part: embedding and genres. The first hidden
    layer is linear in both before its ReLU, so both parts are computed once and added for every
    pair. In training the target is taken out of its own history.

    In its form of a product the hidden layers see the history alone, as in the paper's candidate
    generation, and their output meets the item part in an inner product.

    A rating is predicted as what the bias model expects (μ + b_i + b_u, with b_u from the history)
    plus the network's correction, which starts at 0.

    Args:
        objective: `rating`: mean squared error of ratings; scores are predicted ratings. `ranking`:
            softmax of the target among uniformly sampled negatives; scores are logits.
        interaction: `joint`: user and item part are added before the hidden layers. `product`: a
            score is their inner product behind those of the user. None: joint up to a billion
            pairs of user and item.
        examples: `interactions`: an example is an interaction. `users`: it is a user with all of
            them, whose history is pooled once. None: interactions up to 5 million of them.
        embedding_size: width of an item embedding.
        hidden_sizes: widths of the hidden layers.
        residual: add each later hidden layer's input to its output where the widths are equal.
        dropout: share of hidden units left out in training.
        negatives: sampled items a step, for `ranking`.
        regularisation: L2 penalty on the embedding and bias of each target.
        item_vectors: how embeddings use vectors of `feature`, see `ItemEmbedding`.
    """

    name = "dense"
    papers = ("covington2016youtube",)
    scores_empty = True
    uses_weights = True

    def __init__(
        self,
        objective: Objective = "rating",
        interaction: Interaction | None = None,
        examples: Examples | None = None,
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
        check_form(objective, interaction, examples)
        self.objective = objective
        self.interaction = interaction
        self.examples = examples
        self.trained: Arrays | None = None  # weights that are being restored
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

        trained = self.trained if self.pretrained is None else self.pretrained.state
        self.form = DenseForm.choose(
            self.objective, self.interaction, self.examples, catalogue, trained
        )
        self.scores_are_products = self.form.is_product
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
        size = self.embedding_size if self.form.is_product else first
        self.item_part = keras.layers.Dense(size, use_bias=False)
        self.hidden = [keras.layers.Dense(size, activation="relu") for size in deeper]
        self.drop = keras.layers.Dropout(self.dropout)
        start = "zeros" if self.objective == "rating" else "glorot_uniform"
        if self.form.is_product:
            self.out = keras.layers.Dense(size, kernel_initializer=start, name=PRODUCT_LAYER)
        else:
            self.out = keras.layers.Dense(1, kernel_initializer=start)

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self.trained = state
        super().restore(state, catalogue)
        self.trained = None

    def prepare(self, split: Split) -> int:
        from lrec.model.layers.rated_examples import RatedExamples

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
        is_rating = self.objective == "rating"
        is_target = ~np.isnan(ratings) if is_rating else np.ones(len(ratings), bool)
        self.form.say(self.interaction, self.examples)
        self.data = RatedExamples(train, ratings, is_target, self.form.by_user)
        return self.data.n

    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        import tensorflow as tf

        batch = self.data.batch(examples)
        is_plain = not (self.form.by_user or self.form.is_product)
        pairs = self._pairs(batch) if is_plain else self._projected_pairs(batch)
        state, bias = self._state(pairs.user, True), pairs.bias
        match = self._match(state, pairs.item, True)
        if self.objective == "rating":
            predicted = pairs.expected + pairs.base + bias + match
            loss = (predicted - batch.rating) ** 2
        else:
            drawn = self.random.integers([self.negatives], self.catalogue.n_items)
            positive = bias + match
            negative = self._match_all(state, self._item(drawn))
            negative += tf.cast(self.bias(drawn)[:, 0], tf.float32)
            negative = tf.where(drawn == batch.target[:, None], tf.float32.min, negative)
            logits = tf.concat([positive[:, None], negative], axis=1)
            loss = tf.reduce_logsumexp(logits, axis=1) - positive
        if batch.weight is not None:
            loss *= batch.weight
        return self.data.losses(batch, loss + self.regularisation * (pairs.square + bias**2))

    def scores(self, items: Tensor, ratings: Tensor) -> Tensor:
        import tensorflow as tf

        if self.form.is_product:
            return tf.matmul(self.queries(items, ratings), self.table(), transpose_b=True)
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
        return self._offset() + base[:, None] + corrections[:, :n_items]

    def encode(self, items: Tensor, ratings: Tensor) -> Tensor:
        """The user part of the first hidden layer; of a product, the user's vector."""
        return self._state(self._user(self._pool(items, ratings))[0], False)

    def queries(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Histories as vectors whose inner products with `table` are scores of a product."""
        import tensorflow as tf

        user, base = self._user(self._pool(items, ratings))
        vector = tf.cast(self._state(user, False), tf.float32)
        return tf.concat([vector, tf.ones_like(vector[:, :1]), base[:, None]], axis=1)

    def table(self) -> Tensor:
        """Vectors of all items, `(n_items, embedding_size + 2)` float32."""
        import tensorflow as tf

        vector = tf.cast(self._item(tf.range(self.catalogue.n_items)), tf.float32)
        return tf.concat([vector, self._offset()[:, None], tf.ones_like(vector[:, :1])], axis=1)

    def factorised_scores(self) -> FactorisedScores | None:
        if not self.form.is_product:
            return None
        items = np.asarray(self.table(), np.float32)
        return FactorisedScores(items, partial(self._vectors, self.queries))

    def _offset(self) -> Tensor:
        """The part of an item's score that all users share, `(n_items,)` float32."""
        import tensorflow as tf

        everything = tf.range(self.catalogue.n_items)
        offset = self.bias(everything)[:, 0]
        if self.objective == "rating":
            offset = tf.cast(offset, tf.float32) + tf.cast(
                self.expected(everything)[:, 0], tf.float32
            )
        return tf.cast(offset, tf.float32)

    def _pairs(self, batch: RatedBatch) -> Pairs:
        import tensorflow as tf

        target = batch.target
        pooled = tf.gather(self._pool(batch.items, batch.ratings), batch.row)
        user, base = self._user(pooled - self._entries(target, batch.rating))
        return Pairs(
            user=user,
            base=base,
            item=self._item(target),
            bias=tf.cast(self.bias(target)[:, 0], tf.float32),
            expected=tf.cast(self.expected(target)[:, 0], tf.float32),
            square=tf.reduce_sum(tf.cast(self.embedding(target), tf.float32) ** 2, axis=1),
        )

    def _projected_pairs(self, batch: RatedBatch) -> Pairs:
        """The same up to rounding: distinct items go through the first layer, and then add up."""
        import tensorflow as tf

        from lrec.model.layers.rated_pooling import projected_rest

        items, index = tf.unique(batch.items.values)
        vector = tf.cast(self.embedding(items), tf.float32)
        content = tf.concat([vector, tf.gather(self.genres, items)], axis=1)
        expected = tf.gather(tf.cast(self.expected(items)[:, 0], tf.float32), index)
        residual = batch.ratings - expected
        user, base = projected_rest(self.user_part, content, index, residual, batch)
        index = batch.of_targets(index)
        return Pairs(
            user=tf.cast(user, self.user_part.compute_dtype),
            base=base,
            item=tf.gather(self.item_part(content), index),
            bias=tf.gather(tf.cast(self.bias(items)[:, 0], tf.float32), index),
            expected=batch.of_targets(expected),
            square=tf.gather(tf.reduce_sum(vector**2, axis=1), index),
        )

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

    def _state(self, user: Tensor, training: bool) -> Tensor:
        """The side of the user in `_match`: the user part or, of a product, what it becomes."""
        return self.out(self._deeper(user, training)) if self.form.is_product else user

    def _match(self, state: Tensor, item: Tensor, training: bool) -> Tensor:
        """Of each user with an item of their own, `(n,)` float32."""
        import tensorflow as tf

        if self.form.is_product:
            return tf.reduce_sum(tf.cast(state, tf.float32) * tf.cast(item, tf.float32), axis=1)
        return self._join(state + item, training)

    def _match_all(self, state: Tensor, item: Tensor) -> Tensor:
        """Of each user with each of m items, in training, `(n, m)` float32."""
        import tensorflow as tf

        if self.form.is_product:
            return tf.cast(tf.matmul(state, item, transpose_b=True), tf.float32)
        return self._join(state[:, None] + item, True)

    def _join(self, first: Tensor, training: bool) -> Tensor:
        """From the sum of both parts, `(…, width)`, to one float32 number for each pair, `(…,)`."""
        import tensorflow as tf

        return tf.cast(self.out(self._deeper(first, training))[..., 0], tf.float32)

    def _deeper(self, first: Tensor, training: bool) -> Tensor:
        """The last hidden layer, from what its first is before the ReLU."""
        import tensorflow as tf

        x = self.drop(tf.nn.relu(first), training=training)
        for layer in self.hidden:
            y = layer(x)
            x = self.drop(
                x + y if self.residual and x.shape[-1] == y.shape[-1] else y, training=training
            )
        return x
