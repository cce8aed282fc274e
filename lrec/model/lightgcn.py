"""LightGCN: item vectors spread over the graph of users and items."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrec.base.arrays import Tensor
from lrec.data.catalogue import Catalogue
from lrec.data.history_matrix import history_matrix
from lrec.data.queries import Split
from lrec.model.common.protocols import TrainStep
from lrec.model.pooled.others import mean_over_negatives, numbers_of_others, sums_of_others
from lrec.model.pooled.pooled_model import PooledModel


class LightGCN(PooledModel):
    """LightGCN (He et al. 2020) whose users are their items.

    A layer passes item vectors to users and back, each sum normalised by the degrees of both ends:
    E' = RᵀR E with R_ui = 1 / √(n_u · n_i). The vector f_i of an item is the mean over all layers,
    that of a user is Σ_{i∈h} f_i / √(n_u · n_i), and a score is their inner product. This is the
    paper's model with 2 · `layers` + 1 layers, whose users start at 0 instead of at vectors of
    their own: a history that training has not seen then gets the vector that training would have
    given it. Loss: BPR, −log σ(s_ui − s_uj), the mean over the negatives j, where the target is
    left out of the user's sum; plus `regularisation` / 2 · (‖e_i‖² + ‖e_j‖²).

    The graph exists in training only: the saved model has item vectors, and the catalogue their
    degrees.

    Args:
        embedding_size, negatives: see `PooledModel`. The paper draws one negative for each target.
        layers: walks from items to users and back; 0 is matrix factorisation of users as the sums
            of their items.
        regularisation: L2 penalty on the embeddings of a target and its negatives.
    """

    name = "lightgcn"

    def __init__(
        self,
        embedding_size: int = 64,
        layers: int = 1,
        negatives: int = 256,
        regularisation: float = 1e-4,
    ) -> None:
        super().__init__(embedding_size=embedding_size, negatives=negatives)
        if layers < 0:
            raise ValueError(f"layers must not be negative. Received: {layers}")
        if regularisation < 0:
            raise ValueError(f"regularisation must not be negative. Received: {regularisation}")
        self.n_layers = layers
        self.regularisation = regularisation

    def build(self, catalogue: Catalogue) -> None:
        import tensorflow as tf

        from lrec.model.layers.embedding import EmbeddingBag, ItemEmbedding

        self.embedding = ItemEmbedding(catalogue.n_items, self.embedding_size, "normal")
        self.spread = EmbeddingBag(catalogue.n_items, self.embedding_size)
        self.spread.trainable = False  # made of the embedding after each epoch
        self.degree = np.maximum(catalogue.popularity, 1)
        self.item_scale = tf.constant(1 / np.sqrt(self.degree), tf.float32)

    def train_steps(self) -> list[TrainStep]:
        network = self.network(self.layers(), self.losses)
        return [TrainStep(network, on_end=self._keep_spread)]

    def prepare(self, split: Split) -> int:
        from lrec.model.layers.item_graph import ItemGraph

        users = history_matrix(split.train, self.catalogue.n_items)
        self.item_graph = ItemGraph(users, self.degree)
        return super().prepare(split)

    def item_losses(self, histories: Tensor, drawn: Tensor) -> Tensor:
        import tensorflow as tf

        targets, embeddings = histories.values, self.embedding.table()
        items = self.item_graph.spread(embeddings, self.n_layers)
        vectors = tf.gather(items, targets)
        shares = vectors * tf.gather(self.item_scale, targets)[:, None]
        user = sums_of_others(shares, histories) / tf.sqrt(numbers_of_others(histories))
        positive = tf.reduce_sum(user * vectors, axis=1)
        dtype = self.spread.compute_dtype
        negative = tf.matmul(
            tf.cast(user, dtype), tf.cast(tf.gather(items, drawn), dtype), transpose_b=True
        )
        losses = tf.nn.softplus(tf.cast(negative, tf.float32) - positive[:, None])
        size = tf.reduce_sum(embeddings**2, axis=1)
        sizes = tf.gather(size, targets) + tf.reduce_mean(tf.gather(size, drawn))
        return mean_over_negatives(losses, drawn, targets) + self.regularisation / 2 * sizes

    def encode(self, items: Tensor, ratings: Tensor) -> Tensor:
        """The user's vector; 0 for an empty history."""
        import tensorflow as tf

        lengths = tf.cast(items.row_lengths(), tf.float32)
        shares = tf.gather(self.item_scale, items.values)
        return self.spread(items, shares, tf.math.rsqrt(tf.maximum(lengths, 1.0)))

    def table(self) -> Tensor:
        return self.spread.table()

    def _keep_spread(self) -> None:
        table = self.item_graph.spread(self.embedding.table(), self.n_layers)
        self.spread.set_weights([np.asarray(table)])

    def _variables(self) -> list[Any]:
        return [weight.value for weight in self.spread.weights]
