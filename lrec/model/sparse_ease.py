"""EASE with a few weights an item, for catalogues whose dense matrix fits no memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, Sparse, Tensor
from lrec.base.ranges import check_recency, check_sizes
from lrec.data.queries import Split
from lrec.model.common.export_scorer import ExportScorer, PaddedHistories
from lrec.model.common.item_item import ItemItemModel, neighbour_tables
from lrec.model.common.memory import check_memory
from lrec.model.common.protocols import Callback, Schedule, StatelessCallback, Strategy
from lrec.model.common.sparse_products import ENTRIES_A_BLOCK, blocks, blocks_of, largest_of_blocks

# Numbers in the largest array of a batch of solves: 64 MB of float32.
NUMBERS_A_BATCH = 2**24
BYTES_A_PAIR = 8  # of a sparse matrix: a float32 and an int32


class SparseEASE(ItemItemModel):
    """EASE on the neighbours of each item (Steck 2019, "Markov random fields for collaborative
    filtering"; SLIM with feature selection, Ning and Karypis 2011, with its L2 penalty alone).

    Column j of B minimises ‖x_j − X_N b‖² + λ‖b‖² over the neighbours N of item j: those k items
    that explain it best each by itself, with the largest c_ij² / (c_ii + λ), where C = XᵀX counts
    the users whom two items have in common. With all items as neighbours it is EASE. Time grows
    with items · k³, memory with the pairs of items that have users in common.

    Args:
        regularisation: λ.
        neighbours: k, items that an item is predicted from.
        recency: weight of a history item for each step back from the newest; 1 weighs all alike.
    """

    name = "sparse_ease"
    papers = ("steck2019markov", "ning2011slim")
    one_at_a_time = "its regressions are solved with every core"

    def __init__(
        self, regularisation: float = 1800.0, neighbours: int = 100, recency: float = 0.55
    ) -> None:
        if regularisation <= 0:
            raise ValueError(f"regularisation must be positive. Received: {regularisation}")
        check_sizes(neighbours=neighbours)
        check_recency(recency)
        self.regularisation = regularisation
        self.neighbours = neighbours
        self.recency = recency
        self._callback: Callback | StatelessCallback = StatelessCallback()

    def fit(
        self,
        split: Split,
        schedule: Schedule | None = None,
        strategy: Strategy | None = None,
        seed: int = 0,
        callback: Callback | None = None,
    ) -> None:
        """Train on `split.train` only, and tell `callback` how far it is.

        Raises:
            DataError: users have too many pairs of items for this machine's memory.
        """
        n_items, lengths = split.catalogue.n_items, split.train.lengths.astype(float)
        self._callback = callback or StatelessCallback()
        pairs = min(float(lengths @ lengths), float(n_items) ** 2)
        check_memory(
            self.name,
            2 * BYTES_A_PAIR * pairs + BYTES_A_PAIR * n_items * self.neighbours,
            n_items,
            "model=ease where there are few items, model=itemknn or model=rp3beta, which hold no "
            "more than their neighbours, or dataset.k_core to drop rare items",
            self._callback,
        )
        super().fit(split)

    def item_weights(self, users: Sparse) -> Sparse:
        """The weights, `(n_items, n_items)` sparse rows."""
        from threadpoolctl import threadpool_limits

        self._callback.status("sparse_ease: counting the users of each pair of items")
        counts = pair_counts(users)
        alone = counts.diagonal() + np.float32(self.regularisation)

        def explained(common: Floats, row: Ints, column: Ints) -> Floats:
            share: Floats = common**2 / alone[column]
            return share

        rows = blocks_of(counts.indptr, ENTRIES_A_BLOCK)
        found = largest_of_blocks(lambda some: counts[some], rows, self.neighbours, explained)
        lengths, done = np.diff(found.indptr), 0

        def solve(chosen: Ints) -> int:
            inside = np.arange(lengths[chosen[0]]) < lengths[chosen, None]
            entry = np.where(inside, found.indptr[chosen, None] + np.arange(inside.shape[1]), 0)
            weights = self._regress(counts, chosen, found.indices[entry], inside)
            found.data[entry[inside]] = weights[inside]
            return len(chosen)

        with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
            for n in pool.map(solve, _batches(lengths)):
                done += n
                self._callback.status(f"sparse_ease: {done:,} of {len(lengths):,} items are solved")
        return found.T.tocsr()

    def _regress(self, counts: Sparse, items: Ints, neighbours: Ints, inside: Bools) -> Floats:
        """The weights by which items are predicted, `(n, k)` float32.

        Args:
            items: `(n,)`.
            neighbours: `(n, k)` items that they are predicted from.
            inside: `(n, k)` False where there is none; the weight is then 0.
        """
        members = np.hstack([neighbours, items[:, None].astype(neighbours.dtype)])
        system = sub_matrices(counts, members)
        outside = ~np.hstack([inside, np.ones((len(items), 1), bool)])
        system[outside] = 0
        system.transpose(0, 2, 1)[outside] = 0
        np.einsum("nii->ni", system)[...] += self.regularisation
        weights = np.linalg.solve(system[:, :-1, :-1], system[:, :-1, -1:])
        solved: Floats = weights[..., 0]
        return solved

    def export_scorer(self) -> ExportScorer:
        """By what each item is predicted from: popular items are in the rows of very many."""
        import tensorflow as tf

        tables = neighbour_tables(self.weights.T.tocsr())
        columns, values = (tf.Variable(table, trainable=False) for table in tables)

        def scores(histories: PaddedHistories) -> Tensor:
            histories = histories.distinct()
            places = tf.stack([histories.row, histories.item], axis=1)
            shape = tf.stack([histories.n_rows, self.catalogue.n_items])
            users = tf.scatter_nd(places, self.recency_weights(histories), shape)
            return tf.reduce_sum(tf.gather(users, columns, axis=1) * values, axis=2)

        return ExportScorer(scores, [columns, values])


def pair_counts(users: Sparse) -> Sparse:
    """Number of users who have both items, `(n_items, n_items)` sparse rows: XᵀX."""
    from scipy.sparse import vstack

    items = users.T.tocsr()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = blocks(items, users, most=items.shape[0])
        parts = list(pool.map(lambda some: items[some] @ users, rows))
    return vstack(parts, format="csr")


def sub_matrices(matrix: Sparse, members: Ints) -> Floats:
    """The rows and columns of some indices, for several choices of them.

    Rows are taken one after the other, each spread out once for all choices that have it: a single
    number is expensive to find in sparse rows, and popular items are in very many choices.

    Args:
        matrix: `(m, m)` sparse rows.
        members: `(n, size)` indices.

    Returns:
        `(n, size, size)` float32.
    """
    n, size = members.shape
    found = np.empty((n * size, size), np.float32)
    spread = np.zeros(matrix.shape[1], np.float32)
    order = np.argsort(members, axis=None, kind="stable")
    ordered = members.ravel()[order]
    edges = np.flatnonzero(np.diff(ordered, prepend=-1, append=-1)).tolist()
    for start, stop in pairwise(edges):
        row = slice(*matrix.indptr[ordered[start] : ordered[start] + 2])
        columns, places = matrix.indices[row], order[start:stop]
        spread[columns] = matrix.data[row]
        found[places] = spread[members[places // size]]
        spread[columns] = 0
    return found.reshape(n, size, size)


def _batches(lengths: Ints) -> Iterator[Ints]:
    """Items that have neighbours, those with most first, in batches of about equally many."""
    order = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
    while len(order):
        size = max(1, NUMBERS_A_BATCH // (int(lengths[order[0]]) + 1) ** 2)
        yield order[:size]
        order = order[size:]
