"""Diversity within the list, by the items' genres."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.data.catalogue import Catalogue
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
        genres = genres.astype(float)
        norm = np.linalg.norm(genres, axis=1, keepdims=True)
        unit = np.divide(genres, norm, out=np.zeros_like(genres, dtype=float), where=norm > 0)
        items = lists.items[:, :k]
        present = items >= 0
        total = np.zeros((len(items), genres.shape[1]))
        squares = np.zeros(len(items))
        for rank in range(items.shape[1]):  # over k, not over users
            vector = unit[items[:, rank]] * present[:, rank, None]
            total += vector
            squares += (vector**2).sum(axis=1)
        count = present.sum(axis=1)
        pairs = count * (count - 1)
        similar = (total**2).sum(axis=1) - squares
        diversity = np.full(len(items), np.nan)
        np.divide(pairs - similar, pairs, out=diversity, where=pairs > 0)
        return diversity
