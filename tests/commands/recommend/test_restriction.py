"""Items that are recommended to nobody, and those of users that are recommended again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.composing import checked, composed

from lrec.base.errors import DataError
from lrec.commands.recommend.restriction import excluded_items, ids_of
from lrec.commands.recommend.users import known_users
from lrec.data.catalogue import Catalogue

IDS = np.array(["a", "b", "c", "007"])
EVENTS = """user,item,event,timestamp
zoe,tea,view,1
zoe,mug,view,2
zoe,pot,buy,3
zoe,tea,buy,4
amy,tea,buy,5
amy,mug,buy,6
amy,pot,view,7
bob,pot,buy,8
bob,mug,view,9
"""


def test_items_to_choose_from_leave_the_others_out(tmp_path: Path) -> None:
    assert excluded_items("history", None, IDS).tolist() == []
    assert excluded_items(["b"], None, IDS).tolist() == [1]
    assert excluded_items(["b"], ["a", "b"], IDS).tolist() == [1, 2, 3]
    stock = tmp_path / "stock.csv"
    stock.write_text("sku,item_id\n1,007\n2,c\n3,\n4,gone\n")
    with pytest.warns(UserWarning, match="only: 1 of 3 ids are unknown, such as gone"):
        assert excluded_items("none", ids_of(str(stock)), IDS).tolist() == [0, 1]


def test_nothing_to_choose_from_is_refused(tmp_path: Path) -> None:
    stock = tmp_path / "stock.csv"
    stock.write_text("shelf\n1\n")
    for only, words in [
        ([], "only names no item"),
        (["x"], "only: 1 of 1 ids are unknown"),
        ("nowhere.csv", "neither a list of item ids nor a file"),
        (str(stock), "no item column. Its columns: shelf"),
    ]:
        with pytest.raises(DataError, match=words):
            excluded_items("history", ids_of(only), IDS)


@pytest.fixture
def events(tmp_path: Path) -> Any:
    path = tmp_path / "events.csv"
    path.write_text(EVENTS)
    chosen = ("dataset=csv", f"dataset.path={path}", "split=ratio", "dataset.targets=[buy]")
    return checked(composed(*chosen))


def test_viewed_items_are_no_targets(events: Any) -> None:
    n = 3
    catalogue = Catalogue(np.array(["mug", "pot", "tea"]), np.ones(n, int), np.ones(n, int), 3)
    users, histories, targets = known_users(
        events, events.dataset.load(), ["zoe", "amy"], catalogue
    )
    assert users.tolist() == ["zoe", "amy"]
    assert histories.item.tolist() == [0, 1, 2, 2, 0, 1]
    assert targets.item.tolist() == [1, 2, 2, 0]
    assert targets.lengths.tolist() == [2, 2]
