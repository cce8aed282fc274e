"""Popularity of all time, and of the last days."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, split_of

from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.model.popularity import DAY, Popularity


def test_popularity_of_the_last_days() -> None:
    times = [day * DAY for day in (0, 0, 0, 1, 2, 3, 8, 9, 9, 10)]
    split = split_of([[0, 0, 0, 1, 2, 3, 1, 2, 4, 2]], times)
    split = replace(split, catalogue=replace(split.catalogue, popularity=np.array([9, 4, 4, 2, 2])))
    empty = Histories.of([[]])
    # more than 2 days before the newest is too old: items 2 (2), 4 (1); 1 (8 days) is out
    scores = fitted(Popularity(window=2), split).score(empty)[0]
    assert np.argsort(-scores, kind="stable").tolist() == [2, 4, 0, 1, 3]
    # 2.5 days: item 1 comes in, and beats item 4, which is as recent and less popular
    scores = fitted(Popularity(window=2.5), split).score(empty)[0]
    assert np.argsort(-scores, kind="stable").tolist() == [2, 1, 4, 0, 3]
    assert fitted(Popularity(), split).score(empty).tolist() == [[9, 4, 4, 2, 2]]


def test_popularity_window_is_kept_and_ties_stay_ties() -> None:
    split = split_of([[0, 1, 2]], [5 * DAY, 5 * DAY, 0])
    model = fitted(Popularity(window=1), split)
    assert model.score(Histories.of([[]])).tolist() == [[1, 1, 0]]
    loaded = Popularity(window=1)
    loaded.restore(model.state(), split.catalogue)
    assert loaded.score(Histories.of([[]])).tolist() == [[1, 1, 0]]


def test_popularity_window_needs_a_clock() -> None:
    with pytest.raises(DataError, match=r"no timestamps that are a clock"):
        fitted(Popularity(window=7), split_of(BASKETS))
    positions = replace(split_of([[0, 1]], [0, 1]), clock=False)
    with pytest.raises(DataError, match=r"no timestamps that are a clock"):
        fitted(Popularity(window=7), positions)
    fitted(Popularity(), positions)


def test_a_window_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Received: "):
        Popularity(window=0.0)
