"""Diversity and calibration from sparse genres: every digit of the dense form, in little memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import scipy.sparse

from lrec.base.arrays import Floats, Ints, offsets_of
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import ItemFeatures
from lrec.evaluation import item_sums
from lrec.evaluation.metric import Lists
from lrec.evaluation.metric.calibration import Calibration
from lrec.evaluation.metric.diversity import Diversity


def lists_of(genres: object, n_items: int, users: int, seed: int = 0) -> Lists:
    """Random lists, some shorter, some empty; random histories."""
    generator = np.random.default_rng(seed)
    k = min(20, n_items)
    items = np.argsort(generator.random((users, n_items)), axis=1)[:, :k].astype(np.int32)
    items[np.arange(k) >= generator.integers(0, k + 1, users)[:, None]] = -1
    lengths = generator.integers(0, 30, users)
    history = Histories(
        user=np.arange(users, dtype=np.int32),
        offsets=offsets_of(lengths),
        item=generator.integers(0, n_items, lengths.sum()).astype(np.int32),
    )
    counts = np.ones(n_items, int)
    ids = np.array([f"i{code}" for code in range(n_items)])
    names = tuple(f"g{code}" for code in range(genres.shape[1]))  # type: ignore[attr-defined]
    features = ItemFeatures(genres=genres, genre_names=names)
    catalogue = Catalogue(ids, counts, counts, users, features)
    nothing = Histories.of([[] for _ in range(users)])
    return Lists(items, nothing, history, np.ones(users, bool), catalogue)


def dense_diversity(genres: Floats, items: Ints) -> Floats:
    norm = np.linalg.norm(genres, axis=1, keepdims=True)
    unit = np.divide(genres, norm, out=np.zeros_like(genres), where=norm > 0)
    present = items >= 0
    total, squares = np.zeros((len(items), genres.shape[1])), np.zeros(len(items))
    for rank in range(items.shape[1]):
        vector = unit[items[:, rank]] * present[:, rank, None]
        total += vector
        squares += (vector**2).sum(axis=1)
    count = present.sum(axis=1)
    pairs = count * (count - 1)
    similar = (total**2).sum(axis=1) - squares
    return np.divide(pairs - similar, pairs, out=np.full(len(items), np.nan), where=pairs > 0)


def dense_calibration(genres: Floats, items: Ints, history: Histories) -> Floats:
    count = genres.sum(axis=1, keepdims=True)
    share = np.divide(genres, count, out=np.zeros_like(genres), where=count > 0)

    def shares(item: Ints, row: Ints) -> Floats:
        columns = [np.bincount(row, share[item, g], len(items)) for g in range(share.shape[1])]
        total = np.stack(columns, axis=1)
        size = total.sum(axis=1, keepdims=True)
        return np.divide(total, size, out=np.full_like(total, np.nan), where=size > 0)

    def divergence(p: Floats, q: Floats) -> Floats:
        ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
        values: Floats = (p * np.log2(ratio)).sum(axis=1)
        return values

    rows, ranks = np.nonzero(items >= 0)
    one, two = shares(history.item, history.row), shares(items[rows, ranks], rows)
    middle = (one + two) / 2
    return 1 - (divergence(one, middle) + divergence(two, middle)) / 2


@pytest.mark.parametrize("n_genres", [1, 2, 7, 18, 130, 500])
@pytest.mark.parametrize("cells", [item_sums.CELLS, 1000])
def test_sparse_genres_change_no_digit(
    n_genres: int, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_sums, "CELLS", cells)
    monkeypatch.setattr(item_sums, "ROWS", 5)
    generator = np.random.default_rng(n_genres)
    genres = (generator.random((60, n_genres)) < min(0.4, 6 / n_genres)).astype(float)
    genres[:3] = 0
    lists = lists_of(genres, 60, 333)
    assert np.array_equal(
        Diversity()(lists, 10), dense_diversity(genres, lists.items[:, :10]), equal_nan=True
    )
    assert np.array_equal(
        Calibration()(lists, 20),
        dense_calibration(genres, lists.items, lists.history),
        equal_nan=True,
    )


def test_columns_that_a_block_lacks_are_zeros_to_the_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(1)
    genres = (generator.random((80, 300)) < 0.01).astype(float)
    lists = lists_of(genres, 80, 200)
    whole = Diversity()(lists, 10), Calibration()(lists, 10)
    monkeypatch.setattr(item_sums, "WIDE", 10)
    for values, metric in zip(whole, (Diversity(), Calibration()), strict=True):
        np.testing.assert_allclose(metric(lists, 10), values, rtol=1e-12, atol=1e-12)


def test_narrow_sums_are_dense_and_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(2)
    vectors = scipy.sparse.csr_array(generator.random((50, 7)) * (generator.random((50, 7)) < 0.4))
    lengths = generator.integers(0, 200, 40)
    item = generator.integers(0, 50, lengths.sum())
    row = np.repeat(np.arange(40), lengths)
    dense = item_sums.summed(vectors, item, row, 40)
    monkeypatch.setattr(item_sums, "NARROW", 6)
    sparse = item_sums.summed(vectors, item, row, 40)
    assert isinstance(dense, np.ndarray)
    assert np.array_equal(dense, sparse.toarray())


def test_memory_grows_with_the_items_and_not_with_their_square() -> None:
    from scipy.sparse import csr_array

    n = 20_000  # a dense matrix would take 3.2 GB
    lists = lists_of(csr_array(np.zeros((50, 1), np.float32)), 50, 100)
    genres = csr_array(
        (np.ones(2 * n, np.float32), np.arange(2 * n) % n, 2 * np.arange(n + 1)), shape=(n, n)
    )
    counts, names = np.ones(n, int), tuple(map(str, range(n)))
    features = ItemFeatures(genres=genres, genre_names=names)
    catalogue = Catalogue(np.arange(n).astype(str), counts, counts, 100, features)
    lists = Lists(lists.items, lists.target, lists.history, lists.is_personalised, catalogue)
    tracemalloc.start()
    values = Diversity()(lists, 10), Calibration()(lists, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6
    assert all(np.isfinite(v).any() for v in values)
