"""Golden test of ItemKNN: its formula in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, binary, fitted, keep_best, split_of

from lrec.data.histories import Histories
from lrec.model.itemknn import ItemKNN


@pytest.mark.parametrize("k", [1, 2, 100])
@pytest.mark.parametrize("shrink", [0.0, 3.0])
def test_itemknn_is_the_cosine_with_shrink(k: int, shrink: float) -> None:
    weights = {}
    for i in range(6):
        for j in range(6):
            both = sum(i in basket and j in basket for basket in BASKETS)
            n_i, n_j = (sum(x in basket for basket in BASKETS) for x in (i, j))
            if i != j and both:
                weights[i, j] = both / ((n_i * n_j) ** 0.5 + shrink)
    model = fitted(ItemKNN(k, shrink), split_of(BASKETS))
    expected = binary([[0], [1, 5], [3, 2]]) @ keep_best(weights, 6, k)[[0, 1, 2, 3, 4, 5]]
    scores = model.score(Histories.of([[0], [1, 5], [3, 2]]))
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "arguments",
    [
        {"neighbours": 0},
        {"shrink": -1.0},
        {"recency": 0.0},
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: "):
        ItemKNN(**arguments)
