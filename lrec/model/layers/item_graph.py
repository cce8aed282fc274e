"""A graph of users and items. Imports TensorFlow: import it inside methods."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from lrec.base.arrays import Floats, Ints, Sparse, Tensor
from lrec.model.layers.embedding import sparse_product


class ItemGraph:
    """The edges of a graph of users and items, normalised by the degrees of both ends.

    Args:
        users: `(n_users, n_items)` sparse rows; what is stored is an edge, whatever its value.
        degree: `(n_items,)`, the degrees of the items.
    """

    def __init__(self, users: Sparse, degree: Ints) -> None:
        counts = np.diff(users.indptr)
        row = np.repeat(np.arange(len(counts)), counts)
        weight = 1 / np.sqrt(counts[row] * degree[users.indices])
        self.to_users = _matrix(row, users.indices, weight, users.shape)
        order = np.argsort(users.indices, kind="stable")
        self.to_items = _matrix(
            users.indices[order], row[order], weight[order], (users.shape[1], users.shape[0])
        )

    def spread(self, items: Tensor, users: Tensor, layers: int) -> tuple[Tensor, Tensor]:
        """The means of vectors and of what their neighbours make of them, layer after layer.

        Args:
            items: `(n_items, size)` float32.
            users: `(n_users, size)` float32.
            layers: steps along the edges.

        Returns:
            Those of the items and of the users, of the same shapes.
        """
        all_items, all_users = items, users
        for _ in range(layers):
            items, users = (
                sparse_product(users, *self.to_items),
                sparse_product(items, *self.to_users),
            )
            all_items, all_users = all_items + items, all_users + users
        return all_items / (layers + 1), all_users / (layers + 1)


def _matrix(
    row: Ints, column: Ints, weight: Floats, shape: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Arguments of `sparse_product`; the rows are in order."""
    indices = np.stack([row, column], axis=1)
    return (
        tf.constant(indices, tf.int64),
        tf.constant(weight, tf.float32),
        tf.constant(shape, tf.int64),
    )
