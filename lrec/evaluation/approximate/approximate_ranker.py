"""Ranking by approximate search, and exactly where a search would not do."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints
from lrec.base.sets import is_among, unique
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.approximate.hnsw_index import HnswIndex
from lrec.evaluation.ranking import Ranker, Ranking
from lrec.evaluation.ranking.top_k_arrays import best_keys, order_keys
from lrec.model import Model

MOST = 2048  # items of a search: ranking all is about as fast from there on
ROWS = 2000  # of queries searched at once


def ranker_of(model: Model, k: int, index: HnswIndex | None) -> Ranker | ApproximateRanker:
    """A ranker of a model that searches an index where there is one."""
    exact = Ranker(model, k)
    return exact if index is None else ApproximateRanker(exact, index)


class ApproximateRanker:
    """Lists of a `Ranker` but for the items that a search misses; scores are the model's.

    A search cannot leave items out: it looks for as many more as a query masks. Where these are too
    many, and where the list is a fallback, queries are ranked exactly.

    Args:
        exact: of the same model.
        index: of its item vectors.
    """

    def __init__(self, exact: Ranker, index: HnswIndex) -> None:
        self.exact = exact
        self.model = exact.model
        self.index = index
        self.k = min(exact.k, len(index))

    def searches(self, queries: Queries) -> Bools:
        """True for the queries that are searched, False for those that are ranked, `(n,)`."""
        is_personalised = self.model.is_personalised(queries.history)
        return is_personalised & (self._needed(queries) <= min(len(self.index), MOST))

    def __call__(self, queries: Queries) -> Ranking:
        """Lists like those of `Ranker`; the scores of targets are NaN, for nothing looks at them.

        Raises:
            FloatingPointError: see `Ranker`.
        """
        n_items = len(self.index)
        searched = self.searches(queries)
        items = np.full((len(queries), self.k), -1, np.int32)
        scores = np.full(items.shape, -np.inf, np.float32)
        # one search for all that need about as many items
        size = 1 << np.ceil(np.log2(np.maximum(self._needed(queries), 1))).astype(np.int64)
        for needed in unique(size[searched]):
            rows = np.flatnonzero(searched & (size == needed))
            for part in np.array_split(rows, -(-len(rows) // ROWS)):
                found = self._search(queries.take(part), min(int(needed), n_items))
                if found is None:
                    searched[part] = False
                else:
                    items[part], scores[part] = found
        ranked = np.flatnonzero(~searched)
        if len(ranked):
            ranking = self.exact(queries.take(ranked))
            items[ranked], scores[ranked] = ranking.items, ranking.scores
        return Ranking(
            items=items,
            scores=scores,
            target_scores=np.full(len(queries.target.item), np.nan, np.float32),
            is_personalised=self.model.is_personalised(queries.history),
            ignored=int((~queries.history.inside(n_items)).sum()),
        )

    def _needed(self, queries: Queries) -> Ints:
        """Items to look for, so that the list is full without those that are masked."""
        masked = queries.masked
        inside = masked.inside(len(self.index))
        return self.k + np.bincount(masked.row[inside], minlength=len(masked))

    def _search(self, queries: Queries, size: int) -> tuple[Ints, Floats] | None:
        """Items and scores of queries of which none needs more than `size` items."""
        vectors = self.index.scores.queries(queries.history)
        if not np.isfinite(vectors).all():
            return None  # ranking says what is wrong
        found = self.index.search(vectors, size)
        if found is None:
            return None
        is_masked = _is_masked(found, queries.masked, len(self.index))
        order = np.argsort(is_masked, axis=1, kind="stable")[:, : self.k]
        items = np.take_along_axis(found, order, 1)
        scores = np.einsum("nd,nkd->nk", vectors, self.index.scores.items[items])
        best = best_keys(order_keys(scores, queries.user, items), self.k, items)
        return np.take_along_axis(items, best, 1), np.take_along_axis(scores, best, 1)


def _is_masked(items: Ints, masked: Histories, n_items: int) -> Bools:
    """True where an item is one of its row's masked ones, `(n, size)`.

    >>> _is_masked(np.array([[3, 1], [3, 1]]), Histories.of([[1, -1], []]), 4).tolist()
    [[False, True], [False, False]]
    """
    masked = masked.within(n_items)
    rows = np.arange(len(items))[:, None]
    return is_among(rows * n_items + items, masked.row * n_items + masked.item)
