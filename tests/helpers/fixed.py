"""A model whose scores are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lrec.base.arrays import Arrays
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.model import Model


class Fixed(Model):
    """Answers user u with row u of a matrix."""

    name = "fixed"
    scores_empty = True

    def __init__(self, scores: Any, popularity: Sequence[int] | None = None) -> None:
        self.scores = np.asarray(scores, np.float32)
        n_items = self.scores.shape[1]
        counts = np.ones(n_items, int) if popularity is None else np.array(popularity)
        self.catalogue = Catalogue(
            ids=np.array([f"i{code}" for code in range(n_items + 2)]),
            popularity=counts,
            interactions=counts,
            n_users=1000,
        )

    def score(self, histories: Histories) -> np.ndarray:
        return self.scores[histories.user]

    def fit(self, *arguments: Any) -> None:
        raise NotImplementedError

    def state(self) -> Arrays:
        raise NotImplementedError

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        raise NotImplementedError


def different_scores(n_users: int, n_items: int, seed: int = 0) -> np.ndarray:
    """No two scores of a user are equal; half of them are negative."""
    generator = np.random.default_rng(seed)
    rows = [generator.permutation(n_items) - n_items // 2 for _ in range(n_users)]
    return np.array(rows, np.float32) / 8
