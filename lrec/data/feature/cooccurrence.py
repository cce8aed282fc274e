"""Items by the users that they have in common, as a graph."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Floats
from lrec.base.ranges import check_sizes
from lrec.data.feature import Feature
from lrec.data.history_matrix import history_matrix
from lrec.data.queries import Split


class Cooccurrence(Feature):
    """Spectral embedding of the graph of items that users have in common.

    Items i and j are joined by the weight Σ_u 1 / n_u over the users u, of n_u items, of both.
    With D the degrees, the leading eigenvectors of D^-1/2 W D^-1/2 embed it, rows scaled to length
    1 (Ng et al. 2001, "On spectral clustering"). They come from a truncated SVD of the users ×
    items matrix: the graph itself is never built. Items that nobody trained on have no vector.

    Args:
        size: width of the vectors; less where there are fewer users or items.
    """

    name = "cooccurrence"

    def __init__(self, size: int = 64) -> None:
        check_sizes(size=size)
        self.size = size

    def __call__(self, split: Split) -> Floats:
        from scipy.sparse import diags_array
        from sklearn.decomposition import TruncatedSVD

        users = history_matrix(split.train, split.catalogue.n_items)
        users = diags_array(1 / np.sqrt(users.sum(axis=1))) @ users
        degree = users.T @ users.sum(axis=1)  # W 1
        scaled = users @ diags_array(1 / np.sqrt(np.where(degree > 0, degree, 1)))
        size = min(self.size, min(users.shape) - 1)
        vectors = TruncatedSVD(size, algorithm="arpack", random_state=0).fit(scaled).components_.T
        unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
        return unit
