"""A few baskets, and models fitted to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model import Model

BASKETS = [[0, 1, 2], [1, 2, 3], [0, 2], [4, 1], [2, 5, 0, 1], [3], [5, 4, 2], [1, 0, 5, 3, 2]]


def split_of(baskets: list[list[int]], times: list[int] | None = None) -> Split:
    """A split of which only the training part is used."""
    train = Histories.of(baskets)
    if times is not None:
        train = replace(train, timestamp=np.array(times, np.int64))
    n_items = max(item for basket in baskets for item in basket) + 1
    pairs = {(user, item) for user, basket in enumerate(baskets) for item in basket}
    catalogue = Catalogue(
        ids=np.array([f"item-{i}" for i in range(n_items)]),
        popularity=np.bincount([item for _, item in pairs], minlength=n_items),
        interactions=np.bincount(train.item, minlength=n_items),
        n_users=len(baskets),
    )
    nobody: Any = None
    return Split(train, nobody, nobody, catalogue, np.array([]), {})


def binary(baskets: list[list[int]]) -> np.ndarray:
    """Baskets as a dense matrix of 0 and 1, `(n_users, n_items)`."""
    matrix = np.zeros((len(baskets), max(map(max, baskets)) + 1))
    for user, basket in enumerate(baskets):
        matrix[user, basket] = 1
    return matrix


def fitted(model: Model, split: Split, seed: int = 1) -> Model:
    nobody: Any = None
    model.fit(split, nobody, nobody, seed, nobody)
    return model


def keep_best(weights: dict[tuple[int, int], float], n: int, k: int) -> np.ndarray:
    """The k best other items of each item; of equal ones the first."""
    kept = np.zeros((n, n))
    for i in range(n):
        others = sorted((j for j in range(n) if weights.get((i, j))), key=lambda j: -weights[i, j])
        for j in others[:k]:
            kept[i, j] = weights[i, j]
    return kept
