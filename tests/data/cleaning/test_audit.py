"""The user-loss audit: users removed, by their activity."""

from __future__ import annotations

import pytest
from helpers.tables import EDGES, Write, rows, users_lost

from lrec.data.dataset.csv import CSV

pytestmark = pytest.mark.usefixtures("cache_folder")


def test_k_core_counts_users_by_their_activity_before_it(write: Write) -> None:
    pairs = ["ax", "ay", "bx", "by", "cx", "cz"]
    path = write("a.csv", "user,item\n" + "".join(f"{u},{i}\n" for u, i in pairs))
    (step,) = CSV(path, k_core=2).load().audit
    assert step.users_lost == users_lost(n2_4=1)


def test_audit_sorts_lost_users_by_activity(write: Write) -> None:
    sizes = [1, 1, 2, 4, 5, 9, 10, 19, 20, 49, 50, 120]
    lines = [f"u{size}n{n},i{i},1" for n, size in enumerate(sizes) for i in range(size)]
    path = write("a.csv", "\n".join(["user,item,rating", *lines, "last,i0,5"]))
    data = CSV(path, min_rating=2).load()
    assert rows(data) == [("last", "i0", 5, None)]
    (step,) = data.audit
    assert step.rows_removed == sum(sizes)
    assert step.items_lost == 119
    assert step.users_lost == dict.fromkeys(EDGES, 2)
