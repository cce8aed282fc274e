"""Rows by user and time are in the order of a stable sort, however they come."""

from __future__ import annotations

import os

import numpy as np
import pytest

from lrec.data.user_order import grouped, user_order

SPANS = {"ties": 3, "seconds": 10**9, "no seconds": 2**62}


@pytest.mark.parametrize("n", [0, 1, 2, 500])
@pytest.mark.parametrize("n_users", [1, 7, 1000])
@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("cores", [None, 1, 5])
def test_it_is_a_stable_sort(
    n: int, n_users: int, span: int, cores: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    rng = np.random.default_rng(n + n_users)
    user = rng.integers(0, n_users, n).astype(np.int32)
    timestamp = rng.integers(-span, span, n)
    order = user_order(user, timestamp, n_users)
    assert order.tolist() == np.lexsort([timestamp, user]).tolist()
    assert user_order(user, None, n_users).tolist() == np.argsort(user, kind="stable").tolist()


def test_groups_may_be_empty() -> None:
    rows, offsets = grouped(np.array([4, 1, 4, 1], np.int32), 6)
    assert rows.tolist() == [1, 3, 0, 2]
    assert offsets.tolist() == [0, 0, 2, 2, 2, 4, 4]
