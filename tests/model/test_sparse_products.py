"""Products of sparse matrices in blocks, and the largest entries of their rows."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, split_of

from lrec.model.common import sparse_products
from lrec.model.common.sparse_products import largest
from lrec.model.itemknn import ItemKNN


def test_products_in_small_blocks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fitted(ItemKNN(2), split_of(BASKETS)).state()
    monkeypatch.setattr(sparse_products, "ENTRIES_A_BLOCK", 3)
    parts = fitted(ItemKNN(2), split_of(BASKETS)).state()
    assert all(np.array_equal(whole[name], parts[name]) for name in whole)


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
