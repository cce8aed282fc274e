"""Golden test of RP3beta: its formula in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, keep_best, split_of

from lrec.data.histories import Histories
from lrec.model.rp3beta import RP3Beta


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (0.5, 0.3), (1.4, 1.0)])
def test_rp3beta_walks_over_users(alpha: float, beta: float) -> None:
    weights: dict[tuple[int, int], float] = {}
    count = [sum(i in basket for basket in BASKETS) for i in range(6)]
    for basket in BASKETS:
        for i in basket:
            for j in basket:
                walk = (1 / count[i]) ** alpha * (1 / len(basket)) ** alpha / count[j] ** beta
                if i != j:
                    weights[i, j] = weights.get((i, j), 0) + walk
    model = fitted(RP3Beta(3, alpha, beta), split_of(BASKETS))
    scores = model.score(Histories.of([[i] for i in range(6)]))
    np.testing.assert_allclose(scores, keep_best(weights, 6, 3), rtol=1e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        {"neighbours": 0},
        {"alpha": -0.1},
        {"beta": -0.1},
        {"recency": 1.1},
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: "):
        RP3Beta(**arguments)
