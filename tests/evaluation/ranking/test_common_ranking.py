"""Ranking by common scores gives the lists of the whole catalogue's sort, ties included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.fixed import Fixed
from hypothesis import given, settings
from hypothesis import strategies as st

from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.evaluation.ranking import Ranker, common_ranking
from lrec.evaluation.ranking.common_ranking import rank_in_common

rows = st.lists(st.lists(st.integers(0, 12), max_size=14, unique=True), min_size=1, max_size=8)
levels = st.lists(st.sampled_from([-1.0, -0.0, 0.0, 1.0, 2.0, 3.5]), min_size=1, max_size=12)


def queries_of(histories: list[list[int]]) -> Queries:
    user = np.arange(len(histories), dtype=np.int32) * 3
    history = replace(Histories.of(histories), user=user)
    target = replace(Histories.of([[0] for _ in histories]), user=user)
    return Queries(history, history, target)


@given(rows, levels, st.integers(1, 15))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_lists_are_those_of_any_model(
    histories: list[list[int]], scores: list[float], k: int
) -> None:
    common = np.array(scores, np.float32)
    queries = queries_of(histories)
    expected = Ranker(Fixed(np.tile(common, (3 * len(histories), 1))), k)(queries)
    items, values = rank_in_common(common, queries.masked, min(k, len(common)))
    assert items.tolist() == expected.items.tolist()
    assert values.tolist() == expected.scores.tolist()
    assert items.dtype == np.int32
    assert values.dtype == np.float32


def test_batches_do_not_change_the_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(2)
    scores = draw.integers(0, 40, 300).astype(np.float32)
    queries = queries_of([draw.permutation(300)[:n].tolist() for n in draw.integers(0, 290, 50)])
    whole = rank_in_common(scores, queries.masked, 20)
    monkeypatch.setattr(common_ranking, "ENTRIES", 500)
    for part, all_at_once in zip(rank_in_common(scores, queries.masked, 20), whole, strict=True):
        assert np.array_equal(part, all_at_once)
