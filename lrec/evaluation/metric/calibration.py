"""Calibration: agreement of the genre proportions of the list with those of the history."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.data.catalogue import Catalogue
from lrec.evaluation.item_sums import dense_blocks, scaled_rows, summed
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
        share = scaled_rows(genres, np.diff(genres.indptr).astype(float))
        history = lists.history.within(genres.shape[0])  # of items outside the catalogue too
        listed, n = lists.items[:, :k], len(lists)
        row, rank = np.nonzero(listed >= 0)
        of_history = summed(share, history.item, history.row, n)
        of_list = summed(share, listed[row, rank], row, n)
        calibration = np.full(n, np.nan)
        for rows, totals in dense_blocks(of_history, of_list):
            in_history, in_list = map(_shares, totals)
            mixture = (in_history + in_list) / 2
            divergences = _divergence(in_history, mixture) + _divergence(in_list, mixture)
            calibration[rows] = 1 - divergences / 2
        return calibration


def _shares(total: Floats) -> Floats:
    """Genre shares of each row, `(n, n_genres)`; NaN for rows without genres."""
    size = total.sum(axis=1, keepdims=True)
    shares = np.full_like(total, np.nan)
    np.divide(total, size, out=shares, where=size > 0)
    return shares


def _divergence(p: Floats, q: Floats) -> Floats:
    """Kullback-Leibler divergence in bits, row by row."""
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    divergence: Floats = (p * np.log2(ratio)).sum(axis=1)
    return divergence
