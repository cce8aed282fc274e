"""Batches of users, few enough for their scores to be held at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lrec.base.arrays import Ints

# Scores held at once: 32 MB of float32, whatever the catalogue.
SCORES_A_BATCH = 2**23


def batches(n: int, n_items: int, least: int = 1) -> Iterator[Ints]:
    """Row indices of n users in batches, few enough for a matrix of their scores.

    Args:
        least: users of a batch, where no such matrix is made.
    """
    size = max(least, min(2000, SCORES_A_BATCH // max(n_items, 1)))
    for start in range(0, n, size):
        yield np.arange(start, min(start + size, n))
