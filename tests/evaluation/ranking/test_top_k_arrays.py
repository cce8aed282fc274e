"""Lists of a catalogue that comes in blocks are those of the whole, whatever ties and is masked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from lrec.data.histories import Histories
from lrec.evaluation.ranking import top_k_arrays as top_k_module
from lrec.evaluation.ranking.common_ranking import rank_in_common
from lrec.evaluation.ranking.sparse_ranking import rank_sparse
from lrec.evaluation.ranking.top_k_arrays import BestItems, finite, tie_break_keys_of, top_k_arrays


def by_plain_sort(scores: np.ndarray, k: int, users: np.ndarray) -> list[list[int]]:
    """Unmasked items by score, then by the random key; -1 where there are no more."""
    from lrec.base.bits import splitmix64

    codes = splitmix64(np.arange(scores.shape[1], dtype=np.uint64))
    keys = tie_break_keys_of(users, codes)
    lists = []
    for row, key in zip(scores.tolist(), keys.tolist(), strict=True):
        free = [item for item, score in enumerate(row) if score > -np.inf]
        free.sort(key=lambda item: (-row[item], -key[item]))
        lists.append((free + [-1] * k)[:k])
    return lists


@settings(deadline=None, max_examples=60)
@given(
    n_items=st.integers(1, 900),
    k=st.integers(1, 25),
    levels=st.sampled_from([1, 3, 50, 10**6]),
    masked=st.sampled_from([0.0, 0.3, 0.97, 1.0]),
    width=st.integers(1, 400),
    seed=st.integers(0, 10**6),
)
def test_blocks_end_in_the_lists_of_the_whole(
    n_items: int, k: int, levels: int, masked: float, width: int, seed: int
) -> None:
    draw, k = np.random.default_rng(seed), min(k, n_items)
    scores = (draw.integers(-levels, levels + 1, (7, n_items)) / 8).astype(np.float32)
    scores[draw.random(scores.shape) < masked] = -np.inf
    users = draw.integers(-1, 50, 7)
    items, values = top_k_arrays(scores, k, users)
    assert items.tolist() == by_plain_sort(scores, k, users)
    found = np.take_along_axis(scores, items, 1)
    np.testing.assert_array_equal(values, np.where(items >= 0, found, -np.inf))

    best = BestItems(users, k)
    starts = np.arange(0, n_items, width)
    for first in draw.permutation(starts):
        best.add(np.ascontiguousarray(scores[:, first : first + width]), int(first))
    blocked = best.lists()
    np.testing.assert_array_equal(blocked[0], items)
    np.testing.assert_array_equal(blocked[1], values)


@pytest.mark.parametrize("levels", [1, 4])
def test_items_with_one_score_and_one_key_come_in_their_order(
    levels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random keys of 32 bits meet now and then in wide catalogues; here nearly always."""

    def few(users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return ((users ^ items) % np.uint64(3)).astype(np.int64)

    monkeypatch.setattr(top_k_module, "tie_breaks", few)
    draw = np.random.default_rng(levels)
    scores = draw.integers(1, levels + 1, (6, 300)).astype(np.float32)
    users = np.arange(6)
    expected = by_plain_sort(scores, 20, users)
    assert top_k_arrays(scores, 20, users)[0].tolist() == expected
    best = BestItems(users, 20)
    for first in (200, 0, 100):
        best.add(np.ascontiguousarray(scores[:, first : first + 100]), first)
    assert best.lists()[0].tolist() == expected
    common = np.repeat(scores[:1], 6, axis=0)
    masked = replace(Histories.of([[]] * 6), user=users)
    received = rank_in_common(common[0], masked, 20)[0].tolist()
    assert received == by_plain_sort(common, 20, users)
    sparse = csr_array(np.where(draw.random(scores.shape) < 0.02, scores, 0))
    nothing = (np.empty(0, int), np.empty(0, int))
    lists, _ = rank_sparse(sparse, nothing, 20, users, np.ones(6, bool), np.ones(300, int))
    assert lists.tolist() == by_plain_sort(sparse.toarray(), 20, users)


def test_memory_is_that_of_a_block_when_all_items_tie() -> None:
    best = BestItems(np.arange(50), 10)
    for first in range(0, 100 * 64, 64):
        best.add(np.zeros((50, 64), np.float32), first)
        assert best.n_waiting <= 50 * 64
    assert all(len(set(row)) == 10 for row in best.lists()[0].tolist())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_are_finite_though_their_sum_is_not(bad: float) -> None:
    scores = np.full((4, 9), 3e38, np.float32)
    assert finite(scores)
    scores[2, 7] = bad
    assert not finite(scores)
