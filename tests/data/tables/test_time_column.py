"""Columns of times that are known by the end of their names and by their cells."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers.tables import Write

from lrec.data.dataset.csv import CSV
from lrec.data.tables.columns import TIMES
from lrec.data.tables.time_column import time_column

pytestmark = pytest.mark.usefixtures("cache_folder")
MARCH = 1_614_556_800  # 2021-03-01


@pytest.mark.parametrize(
    "name", ["ordered_at", "Purchased At", "paidAt", "paid_at", "sale_date", "tx-ts", "bought_time"]
)
@pytest.mark.parametrize("cell", ["2021-03-01", "2021-03-01T00:00:00Z", "20210301", f"{MARCH}"])
def test_times_under_other_names_are_found(write: Write, name: str, cell: str) -> None:
    path = write("a.csv", f"customer,sku,{name}\na,x,{cell}\n")
    data = CSV(path).load()
    assert data.timestamp is not None
    assert data.timestamp.tolist() == [MARCH]
    assert data.columns is not None
    assert data.columns.chosen["timestamp"] == name


@pytest.mark.parametrize(
    "columns",
    [
        {"lead_time": ["3", "5"]},
        {"stock_at": ["shelf", "store"]},
        {"paid_at": ["2021-03-01", "soon"]},
        {"paid_at": [None, None]},
        {"paid_at": ["2021-03-01"] * 2, "sent_at": ["2021-03-02"] * 2},
        {"birth_date": ["1980-01-01", "1990-01-01"]},
        {"releaseDate": ["1995-01-01", "1996-01-01"]},
        {"flat": ["2021-03-01", "2021-03-02"]},
    ],
)
def test_columns_of_others_and_of_doubtful_times_are_not_taken(
    columns: dict[str, list[str]],
) -> None:
    assert time_column(pd.DataFrame(columns, dtype="str")) is None


def test_one_of_two_that_holds_times_is_taken_and_words_for_none_do_not_count() -> None:
    frame = pd.DataFrame({"paid_at": ["2021-03-01", "null"], "lead_time": ["3", "5"]})
    assert time_column(frame) == "paid_at"


def test_cells_are_judged_by_the_declared_format() -> None:
    frame = pd.DataFrame({"paid_at": ["03/04/2021"], "sent_at": ["2021-04-03"]})
    assert time_column(frame, "%d/%m/%Y") == "paid_at"
    assert time_column(frame) == "sent_at"


def test_usual_names_go_first(write: Write) -> None:
    names = ("ordered_at", "purchased_at", "created_at", "date", "datetime", "event_time")
    assert set(names) <= set(TIMES)
    path = write("a.csv", "user,item,updated_at,created_at\na,x,2022-01-01,2021-03-01\n")
    timestamp = CSV(path).load().timestamp
    assert timestamp is not None
    assert timestamp.tolist() == [MARCH]
