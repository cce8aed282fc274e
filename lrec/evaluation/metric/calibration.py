"""Calibration: agreement of the genre proportions of the list with those of the history."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.data.catalogue import Catalogue
from lrec.evaluation.metric import Lists, RankingMetric


class Calibration(RankingMetric):
    """1 - Jensen-Shannon divergence (base 2) between genre shares of history and list.

    An item counts 1, shared equally among its genres. Not defined where either has no genres.
    After Steck 2018, "Calibrated recommendations".
    """

    name = "calibration"
    of_hits = False

    def applies(self, catalogue: Catalogue) -> bool:
        return bool(catalogue.features.genre_names)

    def __call__(self, lists: Lists, k: int) -> Floats:
        genres = lists.catalogue.features.genres
        assert genres is not None
        genres = genres[: lists.catalogue.n_items].astype(float)
        count = genres.sum(axis=1, keepdims=True)
        share = np.divide(genres, count, out=np.zeros_like(genres, dtype=float), where=count > 0)
        history = lists.history.within(lists.catalogue.n_items)
        listed = lists.items[:, :k]
        rows, ranks = np.nonzero(listed >= 0)
        in_history = _shares(share, history.item, history.row, len(lists))
        in_list = _shares(share, listed[rows, ranks], rows, len(lists))
        mixture = (in_history + in_list) / 2
        return 1 - (_divergence(in_history, mixture) + _divergence(in_list, mixture)) / 2


def _shares(share: Floats, item: Ints, row: Ints, n: int) -> Floats:
    """Genre shares of each row, `(n, n_genres)`; NaN for rows without genres."""
    total = np.stack(
        [np.bincount(row, weights=column[item], minlength=n) for column in share.T], axis=1
    ).astype(float)
    size = total.sum(axis=1, keepdims=True)
    shares = np.full_like(total, np.nan)
    np.divide(total, size, out=shares, where=size > 0)
    return shares


def _divergence(p: Floats, q: Floats) -> Floats:
    """Kullback-Leibler divergence in bits, row by row."""
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    divergence: Floats = (p * np.log2(ratio)).sum(axis=1)
    return divergence
