"""A thousand files at the loader: each is read as Python's own reader reads it, or refused in one
line; nothing crashes, hangs, or passes for what it is not."""

from __future__ import annotations

import csv
import datetime
import decimal
import gzip
import io
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lrec.base.errors import DataError
from lrec.data.dataset.csv import CSV
from lrec.data.interactions import Interactions
from lrec.data.tables.text.first_lines import has_blanks_to_skip

# notes on what is odd, which nearly every such file is
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

Row = tuple[str, str, float | None, int | None]
USERS, ITEMS = ("user_id", "userid", "user"), ("item_id", "item", "movieid")
number = count()


def examples(n: int) -> settings:
    """The same examples every time, each answered within seconds on a machine however busy."""
    return settings(
        max_examples=n,
        derandomize=True,
        database=None,
        deadline=10_000,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


def load(folder: Path, content: bytes, ending: str, **options: Any) -> Interactions | str:
    """What comes of a file: the data, or the one line that refuses it."""
    path = folder / f"{next(number)}{ending}"
    path.write_bytes(content)
    try:
        return CSV(str(path), cache=str(folder / "cache"), **options).load()
    except DataError as error:
        said = str(error)
        assert said.isprintable(), said
        assert 10 < len(said) < 700
        return said
    finally:
        path.unlink()


def rows(data: Interactions) -> list[Row]:
    data = data.in_file_order()
    n = len(data)
    rating = [None] * n if data.rating is None else data.rating.tolist()
    time = [None] * n if data.timestamp is None else data.timestamp.tolist()
    user, item = data.user_ids[data.user].tolist(), data.item_ids[data.item].tolist()
    return list(zip(user, item, rating, time, strict=True))


# Files that hold what they should


@dataclass(frozen=True)
class Table:
    """A text file in its parts; columns in order."""

    columns: dict[str, list[str]]
    separator: str
    newline: str
    quoting: Any
    encoding: str

    @property
    def content(self) -> bytes:
        text = io.StringIO(newline="")
        dialect: dict[str, Any] = {"delimiter": self.separator, "quoting": self.quoting}
        writer = csv.writer(text, lineterminator=self.newline, **dialect)
        writer.writerow(self.columns)
        writer.writerows(zip(*self.columns.values(), strict=True))
        return text.getvalue().encode(self.encoding)

    def put(self, column: str, row: int, cell: str) -> Table:
        cells = [*self.columns[column]]
        cells[row % len(cells)] = cell
        return replace(self, columns=self.columns | {column: cells})

    def rename(self, old: str, new: str) -> Table:
        columns = {new if name == old else name: cells for name, cells in self.columns.items()}
        return replace(self, columns=columns)


# Lines that a separator splits look like rows that a stray quote has swallowed.
ids = st.text("ab01é ß,;|'\"#\\-\n", min_size=1, max_size=4).filter(
    lambda text: text.strip(" ") and not ("\n" in text and any(mark in text for mark in ",;|"))
)
ratings = st.sampled_from(["5", "3.5", "-1", "0", "1e3", "0.1", "1e-320", " 4", "3.4e38", "007"])
# Numbers that could be years, day numbers of a spreadsheet or days (20200101) are refused or read
# as such where a whole column is; one kind of times in a column.
unix_times = st.one_of(
    st.integers(-(10**10), 10**10)
    .filter(lambda time: not (1900 <= time < 10**5 or 19 * 10**6 <= time < 21 * 10**6))
    .map(str),
    st.sampled_from(["12.5", "1e9"]),
)
dates = st.one_of(
    st.dates().map(str),
    st.datetimes().map(lambda time: time.replace(microsecond=0).isoformat()),
    st.sampled_from(["2020-02-29 12:00:00+02:00", "1969-12-31T23:59:59Z"]),
)


@st.composite
def tables(draw: st.DrawFn, full: bool = False) -> Table:
    """Tables in some of the many ways in which people write them.

    Args:
        full: with ratings and times.
    """
    n = draw(st.integers(1, 6))

    def cells(kind: st.SearchStrategy[str]) -> list[str]:
        return draw(st.lists(kind, min_size=n, max_size=n))

    columns = [
        (draw(st.sampled_from(["user", "user_id", "userId", "USER"])), cells(ids)),
        (draw(st.sampled_from(["item", "item_id", "movieId"])), cells(ids)),
    ]
    if full or draw(st.booleans()):
        columns.append(("rating", cells(ratings)))
    if full or draw(st.booleans()):
        columns.append(("timestamp", cells(draw(st.sampled_from([unix_times, dates])))))
    if draw(st.booleans()):
        columns.append(("remark", cells(st.sampled_from(["", "x", "a,b", "1"]))))
    return Table(
        columns=dict(draw(st.permutations(columns))),
        separator=draw(st.sampled_from(",,,;\t|")),
        newline=draw(st.sampled_from(["\n", "\n", "\r\n"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        encoding=draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "latin-1", "utf-16"])),
    )


# Encodings of the end of a file, which has no byte order mark.
WITHOUT_MARK = {"utf-8": "utf-8", "utf-8-sig": "utf-8", "latin-1": "latin-1", "utf-16": "utf-16-le"}


def unix(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        time = datetime.datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=datetime.UTC)).timestamp()


def expected(content: bytes, table: Table) -> list[Row]:
    """What a table holds, read in plain Python."""
    text = content.decode(table.encoding)
    skips = has_blanks_to_skip(text, table.separator)
    lines = io.StringIO(text, newline="")
    found: list[Row] = []
    for line in csv.DictReader(lines, delimiter=table.separator, skipinitialspace=skips):
        cells = {name.lower(): cell for name, cell in line.items()}
        user, item = (
            next(cells[name] for name in names if name in cells) for names in (USERS, ITEMS)
        )
        rating, time = cells.get("rating"), cells.get("timestamp")
        found.append(
            (
                user,
                item,
                None if rating is None else float(np.float32(rating)),
                None if time is None else int(unix(time)),
            )
        )
    return found


def newest(found: list[Row]) -> list[Row]:
    """One row of each user with each item: the last by time, then by place."""
    kept: dict[tuple[str, str], int] = {}
    for place in sorted(range(len(found)), key=lambda place: found[place][3] or 0):
        kept[found[place][:2]] = place
    return [found[place] for place in sorted(kept.values())]


@given(
    tables(),
    st.sampled_from(["keep", "last"]),
    *(st.booleans(), st.booleans(), st.booleans()),
    st.sampled_from([".csv", ".csv.gz"]),
)
@examples(420)
def test_valid_files_are_read_as_they_are(
    folder: Path, table: Table, duplicates: str, ends: bool, packed: bool, told: bool, ending: str
) -> None:
    content = table.content
    if not ends:
        content = content.removesuffix(table.newline.encode(WITHOUT_MARK[table.encoding]))
    whole = expected(content, table)
    data = load(
        folder,
        gzip.compress(content) if packed else content,
        ending,
        separator=table.separator if told else None,
        duplicates=duplicates,
    )
    assert not isinstance(data, str), data
    assert rows(data) == (whole if duplicates == "keep" else newest(whole))
    assert data.user_ids.tolist() == sorted({row[0] for row in whole})
    assert data.item_ids.tolist() == sorted({row[1] for row in whole})


# Files that are broken


NO_NUMBER = ("good", "inf", "-inf", "1e39", "-1e400", "1,5", "4 5", "0x10", "2020-01-01", "x" * 999)
NO_TIME = ("soon", "2020-13-01", "inf", "1e300", "1433221332117", "12:00", "2020-02-30", "--")
NOTHING = ("", "nan", "None", "NULL", "na")
# A column, a cell that spoils it, and what has to be said of it.
SPOILT = [
    *(("user", "", "no user id"), ("item", "", "no item id"), ("user", "a\0", "NUL")),
    *(("rating", cell, "column rating") for cell in NO_NUMBER),
    *(("rating", cell, "no rating") for cell in NOTHING),
    *(("timestamp", cell, "column timestamp") for cell in NO_TIME),
    *(("timestamp", cell, "no timestamp") for cell in NOTHING),
]
FAULTS = (*("ragged", "quote", "no-user", "no-item", "twice", "no-rows", "empty", "cut"),)
Broken = tuple[bytes, str, str, str]


@st.composite
def spoilt(draw: st.DrawFn) -> Broken:
    """A file with one wrong cell: its content, ending and separator, and what has to be said."""
    table, row = draw(tables(full=True)), draw(st.integers(0, 5))
    column, cell, said = draw(st.sampled_from(SPOILT))
    return table.put(named(table, column), row, cell).content, ".csv", table.separator, said


@st.composite
def damaged(draw: st.DrawFn) -> Broken:
    """A file that is wrong as a whole; as above."""
    table, fault = draw(tables(full=True)), draw(st.sampled_from(FAULTS))
    content, ending, said = table.content, ".csv", "could not be read as a table"
    mark = WITHOUT_MARK[table.encoding]
    if fault == "ragged":
        content += table.separator.join("1" * (len(table.columns) + 1)).encode(mark)
    elif fault == "quote":
        assume(b"\\" not in content)  # before a quote it may be an escape, and this one closes
        content += '"never closed'.encode(mark)
    elif fault in ("no-user", "no-item"):
        role = fault.removeprefix("no-")
        content, said = table.rename(named(table, role), "thing").content, f"no {role} column"
    elif fault == "twice":
        columns = table.columns | {"again": ["1"] * len(table.columns["rating"])}
        name = named(table, draw(st.sampled_from(["user", "item", "rating", "timestamp"])))
        again = replace(table, columns=columns).rename("again", f"{name} ")
        content, said = again.content, "several columns"
    elif fault == "no-rows":
        content, said = content[: content.index(table.newline.encode(mark))], "has no rows"
    elif fault == "empty":
        content, said = draw(st.sampled_from([b"", b"\n\n", b"\r\n"])), "is empty"
    elif fault == "cut":
        packed = gzip.compress(content)
        content, ending = packed[: draw(st.integers(2, len(packed) - 1))], ".csv.gz"
    return content, ending, table.separator, said


def named(table: Table, role: str) -> str:
    """The column of a role, whatever it is called."""
    names = {"user": USERS, "item": ITEMS}.get(role, (role,))
    return next(column for column in table.columns if column.lower() in names)


@given(st.one_of(spoilt(), damaged()))
@examples(400)
def test_broken_files_are_refused(folder: Path, file: Broken) -> None:
    content, ending, separator, words = file
    said = load(folder, content, ending, separator=separator)
    assert isinstance(said, str), rows(said)
    assert words in said


# Files that hold anything


ODD = [
    *("a", "b", "1", "2", "3.5", "nan", "inf", "1e400", "-1", "99999999999999999999", "1_000"),
    *("2020-01-01", "9999-12-31", "12:00", "None", "view", "", " ", '"', '""', "'", "\0", "\x1b"),
    *("é", "☃", "\ufeff", "#", "\\", "=", ",", "5e-324", "user", "item", "rating", "event"),
]
soups = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda lines, separator, newline, encoding: newline.join(
            separator.join(line) for line in lines
        ).encode(encoding, "replace"),
        st.lists(st.lists(st.sampled_from(ODD), max_size=5), max_size=6).map(
            lambda lines: [["user", "item", "rating", "timestamp", "event"], *lines]
        ),
        st.sampled_from([",", ",", "\t", "::", " "]),
        st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
        st.sampled_from(["utf-8", "latin-1", "cp1252", "utf-16", "utf-8-sig"]),
    ),
)
policies = st.fixed_dictionaries(
    {},
    optional={
        "separator": st.sampled_from(["\t", "::", " ", "|"]),
        "missing_rating": st.sampled_from(["drop", "mean", "median", "keep"]),
        "missing_timestamp": st.just("drop"),
        "missing_id": st.just("drop"),
        "missing_behavior": st.just("drop"),
        "behaviors": st.sampled_from([{"view": 1, "a": 2.5}, {"view": 2, 1: 1}]),
        "targets": st.just(["view"]),
        "duplicates": st.sampled_from(["first", "keep", "sum"]),
        "min_rating": st.just(1.0),
        "time_unit": st.sampled_from(["ms", "ns"]),
        "k_core": st.just(1),
    },
)


def assert_sound(data: Interactions, most: int) -> None:
    """Codes have ids, numbers are finite, and no row came from nowhere."""
    assert 0 < len(data) <= most
    removed = sum(step.rows_removed for step in data.audit)
    assert len(data) + removed <= most
    for codes, names in ((data.user, data.user_ids), (data.item, data.item_ids)):
        assert len(codes) == len(data)
        assert np.array_equal(np.unique(codes), np.arange(len(names)))
        assert len(set(names.tolist())) == len(names)
        assert all(names)
    for values in (data.rating, data.timestamp, data.weight):
        assert values is None or (len(values) == len(data) and np.isfinite(values).all())


@given(soups, policies, st.sampled_from([".csv", ".tsv", ".dat", ".csv.gz", ".parquet"]))
@examples(250)
def test_anything_is_read_or_refused(
    folder: Path, content: bytes, options: dict[str, Any], ending: str
) -> None:
    packed = gzip.compress(content) if ending.endswith(".gz") else content
    data = load(folder, packed, ending, **options)
    if not isinstance(data, str):
        assert_sound(data, most=len(content) + 1)


# Parquet


# Types, what their cells may hold, and the columns that may have them.
KINDS: dict[str, tuple[pa.DataType, st.SearchStrategy[Any], str]] = {
    "text": (pa.string(), st.text("aé☃\n", min_size=1, max_size=2), "user"),
    "whole": (pa.int64(), st.integers(2**61, 2**62), "user rating"),
    "small": (pa.int16(), st.integers(-9, 9), "user rating timestamp"),
    "float": (pa.float64(), st.integers(-99, 99).map(lambda n: n / 4), "user rating timestamp"),
    "bool": (pa.bool_(), st.booleans(), "user rating timestamp"),
    "decimal": (
        pa.decimal128(12, 3),
        st.integers(-99, 99).map(lambda n: decimal.Decimal(n) / 8),
        "user rating timestamp",
    ),
    "date": (pa.date32(), st.dates(), "user timestamp"),
    "clock": (pa.timestamp("us"), st.datetimes(), "user timestamp"),
    "zone": (pa.timestamp("ns", "Asia/Tokyo"), st.integers(-(2**60), 2**60), "user timestamp"),
    "infinite": (pa.float64(), st.sampled_from([np.inf, -np.inf]), "user"),
    "duration": (pa.duration("s"), st.integers(0, 10**6), "user"),
    "bytes": (pa.binary(), st.binary(max_size=2), ""),
    "list": (pa.list_(pa.int64()), st.lists(st.integers(0, 3), max_size=2), ""),
    "struct": (pa.struct([("a", pa.int64())]), st.fixed_dictionaries({"a": st.just(1)}), ""),
    "category": (pa.dictionary(pa.int32(), pa.string()), st.sampled_from("ab"), "user"),
}


@given(st.sampled_from(["user", "rating", "timestamp"]), st.sampled_from(sorted(KINDS)), st.data())
@examples(150)
def test_parquet_of_any_type(folder: Path, column: str, kind: str, draws: st.DataObject) -> None:
    dtype, some, fits = KINDS[kind]
    values = draws.draw(st.lists(st.one_of(st.none(), some), max_size=5))
    values.append(draws.draw(some))
    n = len(values)
    columns = {"user": pa.array(["u"] * n), "item": pa.array([f"i{k}" for k in range(n)])}
    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns | {column: pa.array(values, dtype)}), file)
    policy = {"user": "missing_id", "rating": "missing_rating", "timestamp": "missing_timestamp"}
    data = load(folder, file.getvalue(), ".parquet", **{policy[column]: "drop"})
    if column not in fits.split():
        assert isinstance(data, str), rows(data)
        return
    assert not isinstance(data, str), data
    data = data.in_file_order()
    there = [value for value in values if value is not None]
    items = [f"i{place}" for place, value in enumerate(values) if value is not None]
    if column == "timestamp":
        told = [since_1970(value, kind) for value in there]
        order = by_second(told)
        items = [items[place] for place in order]
        assert data.timestamp is not None
        assert data.timestamp.tolist() == [int(told[place]) for place in order]
    assert [row[1] for row in rows(data)] == items
    if column == "user" and kind in ("text", "whole", "small", "category"):
        assert [row[0] for row in rows(data)] == [str(value) for value in there]
    elif column == "user":
        assert data.n_users == len(set(there))
    elif column == "rating":
        assert data.rating is not None
        assert data.rating.tolist() == [float(np.float32(value)) for value in there]


def since_1970(value: Any, kind: str) -> float:
    """Seconds of a time as Parquet has it."""
    epoch = datetime.datetime(1970, 1, 1)
    if kind in ("date", "clock"):
        passed: datetime.timedelta = value - (epoch.date() if kind == "date" else epoch)
        return passed.total_seconds()
    return float(value) / 10**9 if kind == "zone" else float(value)


def by_second(times: list[float]) -> list[int]:
    """Places in file order, but those within one second trade their places by time."""
    order = list(range(len(times)))
    for second in {int(time) for time in times}:
        places = [place for place, time in enumerate(times) if int(time) == second]
        for slot, place in zip(places, sorted(places, key=times.__getitem__), strict=True):
            order[slot] = place
    return order
