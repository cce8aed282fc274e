"""Times of every kind that people write, and columns that are refused for being of another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.tables import Write, refused

from lrec.data.dataset.csv import CSV

pytestmark = pytest.mark.usefixtures("cache_folder")

DAY = 1_577_836_800  # 2020-01-01


def table(*times: Any) -> str:
    rows = [f"u{place},x,{time}\n" for place, time in enumerate(times)]
    return "user,item,timestamp\n" + "".join(rows)


@pytest.mark.parametrize(
    ("text", "other", "seconds"),
    [
        ("1577836800", "0", [DAY, 0]),
        ("-5", "0", [-5, 0]),
        ("2020-01-01", "1970-01-01", [DAY, 0]),
        ("2020-01-01 00:00:10", "1970-01-01", [DAY + 10, 0]),
        ("2020-01-01T00:00:10Z", "2020-01-01", [DAY + 10, DAY]),
        ("2020-01-01T02:00:10+02:00", "1970-01-01", [DAY + 10, 0]),
        ("20200101T000010Z", "2020-01-01", [DAY + 10, DAY]),
        ("1969-12-31", "1970-01-01", [-86_400, 0]),
        ("0001-01-01", "1970-01-01", [-62_135_596_800, 0]),
        ("9999-12-31", "1970-01-01", [253_402_214_400, 0]),
        ("20200101", "19700101", [DAY, 0]),
        ("20200101.0", "20200102", [DAY, DAY + 86_400]),
        ("202001010001", "202001020000", [DAY + 60, DAY + 86_400]),
        ("20200101000010", "20200102000000", [DAY + 10, DAY + 86_400]),
    ],
)
def test_times(write: Write, text: str, other: str, seconds: list[int]) -> None:
    assert CSV(write("a.csv", table(text, other))).load().timestamp.tolist() == seconds


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_compact_days_of_parquet(tmp_path: Path, unit: Any) -> None:
    path = tmp_path / "a.parquet"
    days = pd.array([20200101, None, 20200102], "Int64")
    pd.DataFrame({"user": [1, 2, 3], "item": [1, 2, 3], "time": days}).to_parquet(path)
    data = CSV(str(path), time_unit=unit, missing_timestamp="drop").load()
    assert data.timestamp.tolist() == [DAY, DAY + 86_400]


@pytest.mark.parametrize(
    ("time_format", "text", "seconds"),
    [
        ("%d/%m/%Y", "02/01/2020", DAY + 86_400),
        ("%a %b %d %Y", "Wed Jan 01 2020", DAY),
        ("%m %d, %Y", "01 2, 2020", DAY + 86_400),
        ("%Y", "2020", DAY),
        ("%Y%m", "202001", DAY),
        ("excel", "43831.5", DAY + 43_200),
        ("excel", "43831.000115741", DAY + 10),
    ],
)
def test_declared_formats(write: Write, time_format: str, text: str, seconds: int) -> None:
    path = write(
        "a.tsv", table(text).replace("u0,x,", "u0\tx\t").replace("user,item,t", "user\titem\tt")
    )
    assert CSV(path, time_format=time_format).load().timestamp.tolist() == [seconds]


@pytest.mark.parametrize(
    ("times", "options", "words"),
    [
        (["03/04/2021"], {}, ["'03/04/2021'", "dataset.time_format=%d/%m/%Y"]),
        (["13/13/2021"], {"time_format": "%d/%m/%Y"}, ["in the format %d/%m/%Y", "'13/13/2021'"]),
        (["soon"], {"time_format": "excel"}, ["day number of a spreadsheet", "'soon'"]),
        (["2019", "2021"], {}, ["looks like years", "dataset.time_format=%Y", "2019 to 2021"]),
        (["44256.5", "44300"], {}, ["spreadsheet", "dataset.time_format=excel", "44256.5"]),
        (["1577836800", "1577836801"], {"time_unit": "ms"}, ["before 1990", "dataset.time_unit=s"]),
        (["1577836800000"], {"time_unit": "us"}, ["before 1990", "dataset.time_unit=ms"]),
        (["1577836800000"], {}, ["row 1", "dataset.time_unit=ms)"]),
        (["1577836800", "2020-01-01"], {}, ["mixes", "1 numbers", "1 dates, such as '2020-01-01'"]),
        (["20200101", "1577836800"], {}, ["mixes", "1 unix times in s", "1 compact dates"]),
        (
            ["1577836800000", "1577836800"],
            {"time_unit": "ms"},
            ["mixes", "in s, such as '1577836800'", "in ms, such as '1577836800000'"],
        ),
        (["20201301", "20200101"], {}, []),
    ],
)
def test_times_of_other_kinds_are_refused(
    write: Write, times: list[str], options: dict[str, Any], words: list[str]
) -> None:
    path = write("a.csv", table(*times))
    if not words:  # no month 13: not all cells are days, so they stay numbers, with a note
        with pytest.warns(UserWarning, match="before 1990"):
            CSV(path).load()
        return
    message = refused(CSV(path, **options))
    assert all(word in message for word in words), message


def test_old_times_are_noted_also_when_prepared_before(write: Write) -> None:
    path = write("a.csv", table(7, 8))
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"1990 \(1970-01-01\).*dataset\.clock=false"):
            assert CSV(path).load().timestamp.tolist() == [7, 8]


def test_positions_are_not_judged(write: Write, recwarn: pytest.WarningsRecorder) -> None:
    path = write("a.csv", table(2019, 2021))
    assert CSV(path, clock=False).load().timestamp.tolist() == [2019, 2021]
    assert not [warning for warning in recwarn if "1990" in str(warning.message)]


@pytest.mark.parametrize("time_format", ["", "dd/mm/yyyy"])
def test_formats_without_directives_are_refused(time_format: str) -> None:
    with pytest.raises(ValueError, match="Received: '"):
        CSV("a.csv", time_format=time_format)
