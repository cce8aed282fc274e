"""GF-CF: low-pass filters of the graph of users and items, without training."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Arrays, Floats, Sparse, Tensor
from lrec.base.ranges import check_recency, check_sizes
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.history_matrix import history_matrix
from lrec.data.queries import Split
from lrec.model.common.export_scorer import ExportScorer, PaddedHistories
from lrec.model.common.item_item import ItemItemModel
from lrec.model.common.memory import check_memory
from lrec.model.common.protocols import Callback, Schedule, StatelessCallback, Strategy
from lrec.model.common.sparse_products import dense_product, nearest, row_sums

MORE = 32  # vectors that are iterated beside those that are kept
ROUNDS = 8  # of the iteration
NEGLIGIBLE = 1e-6  # of a squared singular value, as a share of the largest


class GraphFilter(ItemItemModel):
    """GF-CF (Shen et al. 2021, "How powerful is graph convolution for recommendation?").

    Scores are h (R̃ᵀR̃ + α D^-½ V Vᵀ D^½): a history h through the linear low-pass filter of the
    graph and its ideal one. R̃ = D_u^-½ R D^-½ holds the interactions, divided by the roots of what
    their users (D_u) and items (D) have; V are its leading right singular vectors. A history
    enters as in the authors' code, as 1 (or weight and recency) for each item: divided by the root
    of its length, as rows of R̃ are, it would give the same lists.

    R̃ᵀR̃ goes without its diagonal, which only scores what the history has. Each item keeps its
    largest entries.

    Args:
        alpha: weight of the ideal low-pass filter (the paper has .3); 0 leaves it out.
        rank: vectors of the ideal low-pass filter.
        neighbours: entries of the linear filter that an item keeps.
        recency: weight of a history item for each step back from the newest; 1 weighs all alike.
    """

    name = "graph_filter"
    papers = ("shen2021gfcf",)

    def __init__(
        self,
        alpha: float = 3.0,
        rank: int = 256,
        neighbours: int = 1000,
        recency: float = 1.0,
    ) -> None:
        if alpha < 0:
            raise ValueError(f"alpha must not be negative. Received: {alpha}")
        check_sizes(rank=rank, neighbours=neighbours)
        check_recency(recency)
        self.alpha = alpha
        self.rank = rank
        self.neighbours = neighbours
        self.recency = recency

    def fit(
        self,
        split: Split,
        schedule: Schedule | None = None,
        strategy: Strategy | None = None,
        seed: int = 0,
        callback: Callback | None = None,
    ) -> None:
        """Train on `split.train` only; the seed does not matter.

        Raises:
            DataError: the catalogue is too large for this machine's memory.
        """
        n_items, width = split.catalogue.n_items, self.rank + MORE if self.alpha else 0
        lengths = split.train.lengths.astype(float)
        entries = min(float(lengths @ lengths), float(n_items) * min(self.neighbours, n_items))
        # Bases are orthogonalised in float64; the linear filter is put together from its blocks.
        check_memory(
            self.name,
            24 * n_items * width + 4 * len(lengths) * width + 16 * entries,
            n_items,
            "a smaller model.rank or model.neighbours, model.alpha=0, or model=rp3beta",
            callback or StatelessCallback(),
        )
        super().fit(split)

    def item_weights(self, users: Sparse) -> Sparse:
        """The linear filter as sparse rows; the ideal one is kept beside it, as factors."""
        of_users, self.degree = row_sums(users), row_sums(users.T.tocsr()).astype(np.float32)
        scale = inverse_roots(of_users), inverse_roots(self.degree)
        users.data *= np.repeat(scale[0], np.diff(users.indptr)) * scale[1][users.indices]
        items = users.T.tocsr()
        self.vectors = np.zeros((len(self.degree), 0), np.float32)
        if self.alpha:
            self.vectors = leading_vectors(users, items, self.rank)
        return nearest(items, users, self.neighbours)

    @property
    def scores_sparsely(self) -> bool:
        return not self.alpha

    def score(self, histories: Histories) -> Floats:
        scores = super().score(histories)
        if self.alpha:
            users = history_matrix(histories, self.catalogue.n_items, self.recency)
            users.data *= inverse_roots(self.degree)[users.indices]
            ideal = dense_product(users, self.vectors) @ self.vectors.T
            ideal *= self.alpha * np.sqrt(self.degree)
            scores += ideal
        return scores

    def export_scorer(self) -> ExportScorer:
        import tensorflow as tf

        linear = super().export_scorer()
        if not self.alpha:
            return linear
        inward = self.vectors * inverse_roots(self.degree)[:, None]
        outward = self.vectors * (self.alpha * np.sqrt(self.degree))[:, None]
        tables = [tf.Variable(table, trainable=False) for table in (inward, outward)]

        def scores(histories: PaddedHistories) -> Tensor:
            distinct = histories.distinct()
            rows = tf.gather(tables[0], distinct.item) * self.recency_weights(distinct)[:, None]
            users = tf.math.unsorted_segment_sum(rows, distinct.row, distinct.n_rows)
            return linear.scores(histories) + tf.matmul(users, tables[1], transpose_b=True)

        return ExportScorer(scores, [*linear.variables, *tables])

    def state(self) -> Arrays:
        return {**super().state(), "degree": self.degree, "vectors": self.vectors}

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        super().restore(state, catalogue)
        self.degree, self.vectors = state["degree"], state["vectors"]


def inverse_roots(degree: Floats) -> Floats:
    """1 / √ of each degree, 0 where that is 0, float32."""
    roots = np.zeros(len(degree), np.float32)
    np.divide(1, np.sqrt(degree), out=roots, where=degree > 0, casting="same_kind")
    return roots


def leading_vectors(left: Sparse, right: Sparse, rank: int) -> Floats:
    """Right singular vectors of the largest singular values, `(n, rank)` or fewer, float32.

    They come by subspace iteration from random vectors (Halko, Martinsson and Tropp 2011), always
    the same ones.

    Args:
        left, right: `(m, n)` sparse rows, and their transpose.
        rank: vectors to find; those of singular value 0 are left out.
    """
    n = left.shape[1]
    shape = n, min(rank + MORE, n)
    basis = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    for _ in range(ROUNDS):
        basis = np.linalg.qr(dense_product(right, dense_product(left, basis)))[0]
    images = dense_product(left, basis)
    squares, turn = np.linalg.eigh(images.T @ images)
    best = np.argsort(-squares)[:rank]
    best = best[squares[best] > NEGLIGIBLE * squares.max()]
    vectors: Floats = basis @ turn[:, best]
    return vectors
