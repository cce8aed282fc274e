"""Counts of interactions, and features of their items."""

from __future__ import annotations

import numpy as np

from lrec.data.interactions import Interactions, ItemFeatures


def test_activity_and_popularity() -> None:
    data = Interactions(
        user=np.array([0, 0, 5], np.int32),
        item=np.array([3, 3, 9], np.int32),
        rating=None,
        timestamp=None,
        user_ids=np.array([f"u{code}" for code in range(6)]),
        item_ids=np.array([f"i{code}" for code in range(10)]),
    )
    assert data.activity.tolist() == [2, 0, 0, 0, 0, 1]
    assert data.popularity.tolist() == [0, 0, 0, 2, 0, 0, 0, 0, 0, 1]
    assert (data.n_users, data.n_items, len(data)) == (6, 10, 3)


def test_features_follow_the_items() -> None:
    features = ItemFeatures(
        titles=np.array(["a", "b", "c"]), genres=np.eye(3, dtype=np.float32), genre_names=("x",)
    )
    taken = features.take(np.array([2, 0]))
    assert taken.titles.tolist() == ["c", "a"]
    assert taken.genres.toarray().tolist() == [[0, 0, 1], [1, 0, 0]]
    assert taken.genre_names == ("x",)
    assert ItemFeatures().take(np.array([1])) == ItemFeatures()
