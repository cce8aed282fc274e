"""Products of sparse matrices in blocks, and the largest entries of their rows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, split_of
from scipy.sparse import csr_array

from lrec.base.arrays import offsets_of
from lrec.model.common import sparse_products
from lrec.model.common.sparse_products import candidates, dense_product, largest, nearest
from lrec.model.itemknn import ItemKNN


def test_products_in_small_blocks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fitted(ItemKNN(2), split_of(BASKETS)).state()
    monkeypatch.setattr(sparse_products, "ENTRIES_A_BLOCK", 3)
    parts = fitted(ItemKNN(2), split_of(BASKETS)).state()
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)


@pytest.mark.parametrize("lengths", [[], [3], [0, 0, 0, 0, 9], [4, 0, 1] * 30, [0] * 20])
def test_product_with_a_dense_matrix_is_that_of_one_thread(lengths: list[int]) -> None:
    generator = np.random.default_rng(5)
    indices = generator.integers(0, 50, sum(lengths))
    values = generator.random(sum(lengths)).astype(np.float32)
    left = csr_array((values, indices, offsets_of(lengths)), shape=(len(lengths), 50))
    right = generator.random((50, 8)).astype(np.float32)
    np.testing.assert_array_equal(dense_product(left, right), left @ right)


def test_largest_keeps_what_a_sort_of_each_row_keeps() -> None:
    generator = np.random.default_rng(3)
    dense = generator.choice([0, 0, 0.25, 0.5, 1e-30, 3e30, 0.1], (40, 300)).astype(np.float32)
    row, column = np.nonzero(dense)
    order = generator.permutation(len(row))
    row, column = row[order], column[order]
    values, columns, counts = largest(row, column, dense[row, column], 7, dense.shape)
    expected = np.argsort(-dense, axis=1, kind="stable")[:, :7]
    assert counts.tolist() == [7] * 40
    assert np.array_equal(columns.reshape(40, 7), expected)
    assert np.array_equal(values.reshape(40, 7), np.take_along_axis(dense, expected, axis=1))


@pytest.mark.parametrize("k", [1, 7, 40, 200])
@pytest.mark.parametrize("levels", [1, 5, 10**6])
def test_candidates_hold_the_largest_with_all_that_tie(k: int, levels: int) -> None:
    draw = np.random.default_rng(k * levels)
    lengths = np.array([0, 1, 3000, 0, 700, 5000, 32 * 64, 32 * 64 + 1, 0])
    offsets = offsets_of(lengths)
    values = draw.integers(0, levels + 1, offsets[-1]).astype(np.float32) / 3
    kept = candidates(values, offsets, k)
    assert (np.diff(kept) > 0).all()
    for start, end in pairwise(offsets.tolist()):
        row = values[start:end]
        least = np.sort(row)[-k:].min(initial=np.inf)
        inside = kept[(kept >= start) & (kept < end)] - start
        assert set(np.flatnonzero(row >= least)) <= set(inside)
    if levels > 5 and 1 < k < 64:
        assert len(kept) < len(values) / 2  # most need no sort


def test_neighbours_of_a_dense_product_are_those_of_a_sort(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse_products, "CHUNK", 2)
    draw = np.random.default_rng(8)
    users = csr_array((draw.random((80, 300)) < 0.2).astype(np.float32))
    result = nearest(users.T.tocsr(), users, 5).toarray()
    counts = (users.T @ users).toarray()
    np.fill_diagonal(counts, 0)
    for row, own in enumerate(counts):
        best = np.argsort(-own, kind="stable")[:5]
        assert np.flatnonzero(result[row]).tolist() == sorted(best)
        assert np.array_equal(result[row, best], own[best])
