"""Tables of interactions, and what is read from them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lrec.base.errors import DataError
from lrec.data.dataset import Dataset
from lrec.data.interactions import Interactions

Row = tuple[str, str, float | None, int | None]
Write = Callable[[str, str | bytes], str]
TABLE = "user,item,rating,timestamp\nb,x,3,30\na,y,4.5,10\na,x,2,20\n"
ROWS = [("b", "x", 3, 30), ("a", "y", 4.5, 10), ("a", "x", 2, 20)]
ITEMS = "item,title,genres\ny,Why: a film,Drama|War\nnobody,Lost,Comedy\nx,,War\n"
REPEATS = "user,item,rating,timestamp\na,x,1,20\na,x,2,30\na,x,3,10\na,x,4,30\na,x,5,10\nb,x,6,0\n"
EDGES = ("1", "2-4", "5-9", "10-19", "20-49", "50+")


def rows(data: Interactions) -> list[Row]:
    """The data as original ids, ratings and times, in file order."""
    data = data.in_file_order()
    n = len(data)
    rating = [None] * n if data.rating is None else data.rating.tolist()
    time = [None] * n if data.timestamp is None else data.timestamp.tolist()
    user, item = data.user_ids[data.user].tolist(), data.item_ids[data.item].tolist()
    return list(zip(user, item, rating, time, strict=True))


def refused(dataset: Dataset) -> str:
    """The message that refuses unusable data: one line."""
    with pytest.raises(DataError) as error:
        dataset.load()
    assert "\n" not in str(error.value)
    return str(error.value)


def users_lost(**classes: int) -> dict[str, int]:
    """Users lost by activity class; `n2_4=3` are three users of two to four interactions."""
    given = {name.removeprefix("n").replace("_", "-"): n for name, n in classes.items()}
    return {edge: given.get(edge, 0) for edge in EDGES}
