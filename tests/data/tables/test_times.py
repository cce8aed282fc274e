"""Times of every kind that people write, and columns that are refused for being of another."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.tables import Write, refused
from hydra.core.override_parser.overrides_parser import OverridesParser

from lrec.data.dataset.csv import CSV
from lrec.data.tables.time_advice import FORMATS, set_format

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
        ("2020-01-01 00:00:10 UTC", "2020-01-01 00:00:00 UTC", [DAY + 10, DAY]),
        ("2020-01-01 00:00:10 GMT", "2020-01-01T00:00Z", [DAY + 10, DAY]),
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


MAY = ["2021-05-01", "2021-05-02", "2021-05-03"]


def written_out(word: str) -> dict[str, Any]:
    """The options that words of a message set, read as a command line is."""
    parser = OverridesParser.create()
    word = word[word.index("'dataset.") :]
    words = [each.rstrip("),.") for each in shlex.split(word)[:2]]
    overrides = [parser.parse_override(each) for each in words]
    assert not any(override.is_sweep_override() for override in overrides)
    return {each.key_or_group.removeprefix("dataset."): each.value() for each in overrides}


@pytest.mark.parametrize(
    ("times", "far"),
    [
        ([DAY, DAY + 1, DAY + 2, 0], "1 of 4 times lie far from the others, such as 0 (1970"),
        ([DAY, DAY + 1, DAY + 2, 32503680000], "such as 32503680000 (3000-01-01)"),
        ([*MAY, "2999-12-31", "1900-01-01"], "2 of 5 times lie far from the others, such as 2999"),
        ([*MAY, "9999-12-31 23:59:59"], "such as 9999-12-31 23:59:59 (9999-12-31)"),
    ],
)
def test_a_few_far_times_are_noted(write: Write, times: list[Any], far: str) -> None:
    path = write("a.csv", table(*times))
    with pytest.warns(UserWarning, match="lie far from the others") as notes:
        CSV(path).load()
    said = str(notes[0].message)
    assert far in said
    data = CSV(path, **written_out(said)).load()
    assert data.timestamp.min() >= DAY
    assert data.timestamp.max() < 2 * DAY
    assert len(data) == 3


def test_far_times_of_parquet_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    times = pd.to_datetime(["1970-01-01 00:00", "2021-05-01 10:00", "2021-05-02 00:00"])
    pd.DataFrame({"user": [1, 2, 3], "item": [1, 2, 3], "time": times}).to_parquet(path)
    with pytest.warns(UserWarning, match="such as 1970-01-01 00:00:00") as notes:
        CSV(str(path)).load()
    assert len(CSV(str(path), **written_out(str(notes[0].message))).load()) == 2


def test_positions_have_no_far_times(write: Write, recwarn: pytest.WarningsRecorder) -> None:
    CSV(write("a.csv", table(0, 700000, 800000, 900000)), clock=False).load()
    assert not recwarn


@pytest.mark.parametrize("bad", ["2021-02-30", "0000-00-00 00:00:00", "0", "it's"])
def test_a_few_cells_that_are_no_times_can_be_dropped(write: Write, bad: str) -> None:
    path = write("a.csv", table(*MAY, bad))
    assert len(CSV(path, **written_out(refused(CSV(path)))).load()) == 3
    path = write("b.csv", table(*[time.replace("-", ".") for time in MAY], bad))
    options = {"time_format": "%Y.%m.%d"}
    assert len(CSV(path, **options, **written_out(refused(CSV(path, **options)))).load()) == 3


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (["01.01.2021 02:53"], "set 'dataset.time_format=%d.%m.%Y %H:%M' or"),
        (["31.01.2021 02:53", "01.02.2021 02:53"], "set 'dataset.time_format=%d.%m.%Y %H:%M')"),
        (["03/04/2021"], "set dataset.time_format=%d/%m/%Y or dataset.time_format=%m/%d/%Y)"),
        (["12/25/2020 5:03:10 PM"], "set 'dataset.time_format=%m/%d/%Y %I:%M:%S %p')"),
        (["Jan 3, 2021"], "set 'dataset.time_format=\"%b %d, %Y\"')"),
        (["soon"], "dataset.time_format=%d/%m/%Y reads others"),
    ],
)
def test_a_fitting_format_is_advised(write: Write, times: list[str], words: str) -> None:
    path = write("a.tsv", table(*times).replace(",x,", "\tx\t").replace("r,item,t", "r\titem\tt"))
    assert words in refused(CSV(path))


def test_formats_are_typed_as_one_word() -> None:
    for form in FORMATS:
        (word,) = shlex.split(set_format(form))
        assert OverridesParser.create().parse_override(word).value() == form


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
