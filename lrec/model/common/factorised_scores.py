"""Scores that are inner products of two vectors, as approximate search needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Floats
from lrec.data.histories import Histories


@dataclass(frozen=True)
class FactorisedScores:
    """A model's scores as products: `queries(histories) @ items.T` is `model.score(histories)`.

    A bias of the items is one more column, with a 1 in every query.

    Attributes:
        items: `(n_items, width)` float32.
        queries: maps `n` histories, one at least, to `(n, width)` float32.
    """

    items: Floats
    queries: Callable[[Histories], Floats]


def with_column(vectors: Floats, column: Floats | float) -> Floats:
    """Vectors with one more dimension, `(n, width + 1)` float32.

    >>> with_column(np.zeros((2, 1)), 1.0).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    last = np.broadcast_to(column, len(vectors))[:, None]
    return np.concatenate([vectors, last], axis=1).astype(np.float32)
