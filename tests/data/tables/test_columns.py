"""Columns found by name; ids, numbers and times of text and Parquet files."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.tables import ROWS, TABLE, Write, refused, rows

from lrec.data.dataset.csv import CSV
from lrec.data.tables.columns import names

pytestmark = pytest.mark.usefixtures("cache_folder")


@pytest.mark.parametrize(
    "header",
    [
        "user_id,item_id,rating,timestamp",
        "userId,movieId,rating,timestamp",
        "uid,iid,score,time",
        "User,ASIN,Stars,unixReviewTime",
        " user ,product_id,rating, date",
    ],
)
def test_usual_names_are_found(write: Write, header: str) -> None:
    path = write("a.csv", header + "\n" + TABLE.partition("\n")[2])
    assert rows(CSV(path).load()) == ROWS


def test_ids_stay_text(write: Write) -> None:
    path = write("a.csv", "user,item\n007,NA\n7,null\nNaN,1.0\n")
    assert rows(CSV(path).load()) == [
        ("007", "NA", None, None),
        ("7", "null", None, None),
        ("NaN", "1.0", None, None),
    ]


def parquet(tmp_path: Path, **columns: Any) -> str:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"user": [2, 10], "item": ["x", "y"], **columns}).to_parquet(path)
    return str(path)


def test_parquet(tmp_path: Path) -> None:
    path = parquet(tmp_path, rating=[1, 5], timestamp=[100, 200])
    assert rows(CSV(path).load()) == [("2", "x", 1, 100), ("10", "y", 5, 200)]


DAY = 1_577_836_800  # 2020-01-01


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_parquet_dates_of_any_unit(tmp_path: Path, unit: str, zone: str | None) -> None:
    dates = pd.to_datetime([DAY, DAY + 3600], unit="s", utc=True).as_unit(unit).tz_convert(zone)
    data = CSV(parquet(tmp_path, timestamp=dates)).load().in_file_order()
    assert data.timestamp.tolist() == [DAY, DAY + 3600]


def test_parquet_plain_dates(tmp_path: Path) -> None:
    dates = [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)]
    data = CSV(parquet(tmp_path, timestamp=dates)).load().in_file_order()
    assert data.timestamp.tolist() == [DAY, DAY + 86_400]


def test_parquet_ids_stay_whole_numbers(tmp_path: Path) -> None:
    big = 2**62 + 1
    path = parquet(tmp_path, item=pd.array([big, None], dtype="Int64"), rating=[1, 2])
    assert rows(CSV(path, missing_id="drop").load()) == [("2", str(big), 1, None)]
    path = parquet(tmp_path, item=[7.0, np.nan], rating=[1, 2])
    assert rows(CSV(path, missing_id="drop").load()) == [("2", "7", 1, None)]
    path = parquet(tmp_path, item=[7.0, 7.5], rating=[1, 2])
    assert CSV(path).load().item_ids.tolist() == ["7.0", "7.5"]
    assert CSV(parquet(tmp_path, item=[7.0, np.inf])).load().item_ids.tolist() == ["7.0", "inf"]


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("item", [[1], [2, 3]], ["column item holds lists", "dataset.layout=sequences"]),
        ("item", [{"a": 1}, {"a": 2}], ["column item", "mixed"]),
        ("item", [b"a", b"\xff"], ["column item", "bytes"]),
        ("rating", pd.to_datetime(["2020-01-01", None]), ["rating", "not a number"]),
        ("rating", pd.to_timedelta([1, 2]), ["rating", "not a number"]),
        ("rating", [b"a", b"\xff"], ["rating", "not a number"]),
        ("rating", [[1], [2]], ["rating", "not a number"]),
        ("timestamp", pd.to_timedelta([1, 2]), ["timestamp", "not a time"]),
        ("timestamp", [1.0, np.inf], ["timestamp", "not a time", "row 2"]),
        ("timestamp", [b"a", b"\xff"], ["timestamp", "not a time"]),
    ],
)
def test_parquet_of_other_types_is_refused(
    tmp_path: Path, column: str, values: Any, words: list[str]
) -> None:
    message = refused(CSV(parquet(tmp_path, **{column: values})))
    assert all(word in message for word in words), message


def test_parquet_missing_dates(tmp_path: Path) -> None:
    path = parquet(tmp_path, timestamp=pd.to_datetime(["2020-01-01", None]))
    assert "1 of 2 rows have no timestamp" in refused(CSV(path))
    assert rows(CSV(path, missing_timestamp="drop").load()) == [("2", "x", None, DAY)]


def test_parquet_missing_whole_numbers(tmp_path: Path) -> None:
    whole = pd.array([4, None], dtype="Int64")
    dropping = {"missing_rating": "drop", "missing_timestamp": "drop"}
    path = parquet(tmp_path, rating=whole, timestamp=whole)
    assert rows(CSV(path, **dropping).load()) == [("2", "x", 4, 4)]
    path = parquet(tmp_path, item=whole)
    assert "1 of 2 rows have no item id" in refused(CSV(path))


def test_words_for_nothing_are_nothing(write: Write) -> None:
    path = write("a.csv", "user,item,rating,timestamp\na,x,null,1\na,y,3,NaN\na,z,4,5\n")
    assert "1 of 3 rows have no timestamp (the first is data row 2)" in refused(CSV(path))
    dropping = CSV(path, missing_timestamp="drop")
    assert "1 of 2 rows have no rating (the first is data row 1)" in refused(dropping)
    data = CSV(path, missing_timestamp="drop", missing_rating="drop").load()
    assert rows(data) == [("a", "z", 4, 5)]


def test_categories_that_do_not_occur_are_no_ids() -> None:
    column = pd.Series(pd.Categorical(["b", None, "c"], categories=["c", "a", "b"]))
    ids = names(column, "user")
    assert ids.cat.categories.tolist() == ["b", "c"]
    assert ids.cat.codes.tolist() == [0, -1, 1]
