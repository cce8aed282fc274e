"""The two ways to the k best items, of tensors and of arrays, give the same lists."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.evaluation.ranking.top_k import top_k
from lrec.evaluation.ranking.top_k_arrays import top_k_arrays


@pytest.mark.parametrize("n_items", [1, 5, 31, 32, 33, 700, 1000])
@pytest.mark.parametrize("levels", [2, 40, 10**6])
def test_lists_of_tensors_and_arrays_are_the_same(n_items: int, levels: int) -> None:
    draw = np.random.default_rng(n_items * levels)
    scores = (draw.integers(-levels, levels, (30, n_items)) / 8).astype(np.float32)
    scores[draw.random(scores.shape) < 0.3] = -np.inf
    scores[:3] = -np.inf  # nothing is left for these
    scores[3] = -0.0
    scores[3, ::2] = 0.0
    users = draw.integers(-1, 1000, 30)
    for k in {1, min(5, n_items), min(20, n_items)}:
        items, values = top_k_arrays(scores.copy(), k, users)
        tensors = [tensor.numpy() for tensor in top_k(scores, k, users)]
        assert np.array_equal(items, tensors[0])
        assert np.array_equal(values, tensors[1])
        assert (items.dtype, values.dtype) == (np.int32, np.float32)
