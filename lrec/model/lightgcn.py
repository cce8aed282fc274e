"""LightGCN: vectors of users and items, spread over the graph of who has what."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrec.base.arrays import Tensor
from lrec.data.catalogue import Catalogue
from lrec.data.history_matrix import history_matrix
from lrec.data.queries import Split
from lrec.model.common.protocols import Callback, Schedule, Strategy, TrainStep
from lrec.model.pooled.pooled_model import PooledModel, mean_over_negatives


class LightGCN(PooledModel):
    """LightGCN (He et al. 2020), which folds histories in.

    A layer gives each user Σ_i e_i / √(n_u · n_i) over the items, and each item the like over its
    users; a vector is the mean over the layers, from the embeddings on. Loss: BPR,
    −log σ(s_ui − s_uj) of inner products, its mean over the negatives j, plus `regularisation` / 2
    · (‖e_u‖² + ‖e_i‖² + ‖e_j‖²) of embeddings.

    Users have vectors of their own in training only. Afterwards a user is Σ f_i / √(n_u · n_i) over
    the items of the history, f_i their vectors: the saved model has item vectors, the catalogue
    their degrees, and nothing is left of the graph.

    Each step spreads the vectors over the whole graph: large batches are quicker.

    Args:
        embedding_size, negatives: see `PooledModel`. The paper draws one negative for each target.
        layers: steps along the edges of the graph; 0 is matrix factorisation.
        regularisation: L2 penalty on the embeddings of a user, a target and the negatives.
    """

    name = "lightgcn"
    papers = ("he2020lightgcn",)

    def __init__(
        self,
        embedding_size: int = 64,
        layers: int = 3,
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

    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        self.n_users = len(split.train)  # `train_steps` makes their vectors
        super().fit(split, schedule, strategy, seed, callback)

    def build(self, catalogue: Catalogue) -> None:
        import tensorflow as tf

        from lrec.model.layers.embedding import EmbeddingBag, ItemEmbedding

        self.embedding = ItemEmbedding(catalogue.n_items, self.embedding_size, "normal")
        self.bag = EmbeddingBag(catalogue.n_items, self.embedding_size)
        self.bag.trainable = False  # the spread vectors, made after each epoch
        self.degree = np.maximum(catalogue.popularity, 1)
        self.item_scale = tf.constant(1 / np.sqrt(self.degree), tf.float32)

    def layers(self) -> list[Any]:
        return [self.embedding, self.bag]  # users only matter in training

    def train_steps(self) -> list[TrainStep]:
        from lrec.model.layers.embedding import ItemEmbedding

        self.users = ItemEmbedding(self.n_users, self.embedding_size, "normal")
        network = self.network([*self.layers(), self.users], self.losses)
        return [TrainStep(network, on_end=self._keep_items)]

    def prepare(self, split: Split) -> int:
        from lrec.model.layers.item_graph import ItemGraph

        users = history_matrix(split.train, self.catalogue.n_items)
        self.item_graph = ItemGraph(users, self.degree)
        return super().prepare(split)

    def item_losses(self, examples: Tensor, histories: Tensor, drawn: Tensor) -> Tensor:
        import tensorflow as tf

        targets, rows = histories.values, histories.value_rowids()
        items, users = self._spread()
        user, target = tf.gather(tf.gather(users, examples), rows), tf.gather(items, targets)
        positive = tf.reduce_sum(user * target, axis=1)
        dtype = self.bag.compute_dtype
        negative = tf.matmul(
            tf.cast(user, dtype), tf.cast(tf.gather(items, drawn), dtype), transpose_b=True
        )
        losses = tf.nn.softplus(tf.cast(negative, tf.float32) - positive[:, None])
        of_user, of_target, of_drawn = (
            tf.reduce_sum(layer.vectors(chosen) ** 2, axis=1)
            for layer, chosen in (
                (self.users, examples),
                (self.embedding, targets),
                (self.embedding, drawn),
            )
        )
        size = tf.gather(of_user, rows) + of_target + tf.reduce_mean(of_drawn)
        return mean_over_negatives(losses, drawn, targets) + self.regularisation / 2 * size

    def encode(self, items: Tensor, ratings: Tensor) -> Tensor:
        """The user's vector; 0 for an empty history."""
        import tensorflow as tf

        lengths = tf.cast(items.row_lengths(), tf.float32)
        scale = tf.gather(self.item_scale, items.values)
        return self.bag(items, scale, tf.math.rsqrt(tf.maximum(lengths, 1.0)))

    def table(self) -> Tensor:
        return self.bag.table()

    def _spread(self) -> tuple[Tensor, Tensor]:
        """Vectors of all items and all users of the graph."""
        return self.item_graph.spread(self.embedding.table(), self.users.table(), self.n_layers)

    def _keep_items(self) -> None:
        self.bag.set_weights([np.asarray(self._spread()[0])])

    def _variables(self) -> list[Any]:
        return [weight.value for weight in self.bag.weights]
