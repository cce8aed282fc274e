"""Recall of items that nobody trained on, against plain Python."""

from __future__ import annotations

import numpy as np

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.bucket import Buckets
from lrec.evaluation.by_item.cold_items import recall_of_cold_items


def test_pairs_are_counted_by_item_and_bucket() -> None:
    draw = np.random.default_rng(0)
    popularity = np.array([3, 1, 2, 5, 1, 0, 0, 0])
    ids = np.array([str(code) for code in range(10)])  # two are outside of the catalogue
    catalogue = Catalogue(ids, popularity, popularity, 9, all_items=True)
    n = 40
    lists = np.stack([draw.permutation(8)[:4] for _ in range(n)]).astype(np.int32)
    lists[0, 2:] = -1
    targets = [draw.choice(10, size, replace=False).tolist() for size in draw.integers(1, 5, n)]
    targets[3] = [targets[3][0]] * 2  # the same pair twice counts once
    label = draw.integers(-1, 2, n)
    bucket = Buckets("activity", ("tail", "head"), label, {})
    values = recall_of_cold_items(lists, Histories.of(targets), catalogue, [2, 4], [bucket])
    users = {"": range(n)}
    users |= {
        f"/{name}": np.flatnonzero(label == code).tolist()
        for code, name in enumerate(("tail", "head"))
    }
    users["/cold"] = np.flatnonzero(label == -1).tolist()
    for group, rows in users.items():
        for name, is_in in (("cold-items", lambda i: i >= 5), ("other-items", lambda i: i < 5)):
            pairs = {(u, i) for u in rows for i in targets[u] if is_in(i)}
            assert values[f"pairs/{name}{group}"] == len(pairs) > 0
            for k in (2, 4):
                hits = sum(i in lists[u, :k] for u, i in pairs)
                assert values[f"recall_at_{k}/{name}{group}"] == hits / len(pairs)


def test_means_over_no_pair_are_left_out() -> None:
    catalogue = Catalogue(np.array(["a", "b"]), np.array([1, 0]), np.array([1, 0]), 1)
    values = recall_of_cold_items(np.array([[0]]), Histories.of([[0]]), catalogue, [1], [])
    assert values == {"pairs/cold-items": 0, "pairs/other-items": 1, "recall_at_1/other-items": 1}
