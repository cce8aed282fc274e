"""Diversity within the list, by the items' genres."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats, Sparse
from lrec.data.catalogue import Catalogue
from lrec.evaluation.item_sums import dense_blocks, scaled_rows, summed
from lrec.evaluation.metric import Lists, RankingMetric


class Diversity(RankingMetric):
    """ild@k = mean cosine distance between the genres of the pairs of L.

    Items without genres are at distance 1 from every other. Needs item genres. Ziegler et al.
    2005, "Improving recommendation lists through topic diversification".
    """

    name = "diversity"
    of_hits = False

    def applies(self, catalogue: Catalogue) -> bool:
        return bool(catalogue.features.genre_names)

    def __call__(self, lists: Lists, k: int) -> Floats:
        genres = lists.catalogue.features.genres
        assert genres is not None
        unit = scaled_rows(genres, np.sqrt(np.diff(genres.indptr)))
        items, n = lists.items[:, :k], len(lists)
        row, rank = np.nonzero(items >= 0)
        item = items[row, rank]
        squares = np.bincount(row, weights=_squared_lengths(unit)[item], minlength=n)
        similar = _squared_lengths(summed(unit, item, row, n)) - squares
        count = np.bincount(row, minlength=n)
        pairs = count * (count - 1)
        diversity = np.full(n, np.nan)
        np.divide(pairs - similar, pairs, out=diversity, where=pairs > 0)
        return diversity


def _squared_lengths(vectors: Sparse) -> Floats:
    """Squared length of each row, `(n,)`."""
    lengths = np.zeros(vectors.shape[0])
    for rows, (dense,) in dense_blocks(vectors):
        lengths[rows] = (dense**2).sum(axis=1)
    return lengths
