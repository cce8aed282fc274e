"""Settings of a table, and bad ones refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.tables import ROWS, TABLE, Write, refused, rows

from lrec.data.dataset.csv import CSV
from lrec.data.dataset.movielens import MovieLens

pytestmark = pytest.mark.usefixtures("cache_folder")


def test_named_and_unwanted_columns(write: Write) -> None:
    path = write("a.csv", TABLE.replace("user,item,rating", "who,what,rating"))
    named = CSV(path, user="who", item="what", rating="timestamp", timestamp=None)
    assert rows(named.load()) == [(user, item, time, None) for user, item, _, time in ROWS]
    bare = CSV(path, user="who", item="what", rating=None, timestamp=None).load()
    assert bare.rating is bare.timestamp is None


def test_clock_is_passed_on(write: Write) -> None:
    assert not CSV(write("a.csv", TABLE), clock=False).load().clock


BAD: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    "empty": ("", {}, ["{path} is empty"]),
    "header only": ("user,item\n", {}, ["{path}", "no rows"]),
    "no user": ("foo,bar\n1,2\n", {}, ["{path}", "no user column", "foo, bar", "dataset.user="]),
    "no item": ("user,bar\n1,2\n", {}, ["no item column", "user, bar", "dataset.item="]),
    "named user": (TABLE, {"user": "who"}, ["dataset.user=who", "user, item, rating, timestamp"]),
    "named rating": (TABLE, {"rating": "stars"}, ["dataset.rating=stars"]),
    "named time": (TABLE, {"timestamp": "when"}, ["dataset.timestamp=when"]),
    "column number": ("1,2\n", {"header": False, "user": 0, "item": 7}, ["dataset.item=7", "0, 1"]),
    "user id": ("user,item\na,x\n,y\nb,\n", {}, ["1 of 3 rows have no user id", "data row 2"]),
    "item id": ("user,item\na,x\nb,\n", {}, ["1 of 2 rows have no item id", "data row 2"]),
    "rating text": (
        TABLE.replace("4.5", "good"),
        {},
        ["rating", "not a number", "row 2", "'good'"],
    ),
    "rating inf": (TABLE.replace("4.5", "inf"), {}, ["rating", "not a number", "row 2", "'inf'"]),
    "rating huge": (TABLE.replace("4.5", "1e39"), {}, ["rating", "row 2", "1e39"]),
    "time text": (TABLE.replace("10\n", "soon\n"), {}, ["timestamp", "row 2", "'soon'"]),
    "no such day": (TABLE.replace("10\n", "2020-13-01\n"), {}, ["row 2", "'2020-13-01'"]),
    "time inf": (TABLE.replace("10\n", "inf\n"), {}, ["timestamp", "row 2", "inf"]),
    "time huge": (TABLE.replace("10\n", "1e300\n"), {}, ["timestamp", "row 2", "1e"]),
    "min_rating": ("user,item\na,x\n", {"min_rating": 3}, ["dataset.min_rating=3", "no"]),
    "all too low": (TABLE, {"min_rating": 9}, ["no interactions", "loosen"]),
    "no core": (TABLE, {"k_core": 3}, ["no interactions", "loosen"]),
    "time in ms": (TABLE.replace("10\n", "1433221332117\n"), {}, ["row 2", "dataset.time_unit"]),
    "two ratings": (
        "user,item,rating,rating\na,x,1,2\n",
        {},
        ["several columns for dataset.rating", "rating, rating"],
    ),
    "two users": ("User,user,item\na,b,x\n", {}, ["dataset.user", "User, user"]),
    "endless rating": (TABLE.replace("4.5", "x" * 9999), {}, ["'xxx", "x…"]),
    "odd columns": ('"a\nb",\x1b\n1,2\n', {}, [r"'a\nb'", r"'\x1b'"]),
    "NUL": ("user,item\na\0,x\n", {}, ["NUL", "UTF-8"]),
    "ragged": (TABLE + "c,x,1,2,99\n", {}, ["{path}", "line 5", "saw 5"]),
}


@pytest.mark.parametrize(("content", "options", "parts"), BAD.values(), ids=BAD)
def test_bad_tables(write: Write, content: str, options: dict[str, Any], parts: list[str]) -> None:
    path = write("a.csv", content)
    message = refused(CSV(path, **options))
    for part in parts:
        assert part.format(path=path) in message


def test_paths_that_are_no_files(tmp_path: Path, write: Write) -> None:
    gone, table = str(tmp_path / "gone.csv"), write("a.csv", TABLE)
    where = f"(looked in {tmp_path}; did you mean a.csv?)"
    assert refused(CSV(gone)) == f"dataset.path does not exist. Received: {gone} {where}"
    assert "dataset.path is a folder" in refused(CSV(str(tmp_path)))
    assert f"Received: {gone} " in refused(MovieLens(gone))
    assert "dataset.items_path does not exist" in refused(CSV(table, items_path=gone))
    assert "dataset.items_path is a folder" in refused(CSV(table, items_path=str(tmp_path)))


def test_negative_k_core_is_refused() -> None:
    with pytest.raises(ValueError, match="Received: -1"):
        CSV("a.csv", k_core=-1)
