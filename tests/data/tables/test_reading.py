"""Text tables of any layout, and files that are no tables."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from helpers.tables import ROWS, TABLE, Write, refused, rows

from lrec.data.dataset.csv import CSV
from lrec.data.dataset.movielens import MovieLens

pytestmark = pytest.mark.usefixtures("cache_folder")


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        pytest.param("a.csv", TABLE, {}, id="csv"),
        pytest.param("a.txt", TABLE, {}, id="other ending"),
        pytest.param("a.tsv", TABLE.replace(",", "\t"), {}, id="tsv"),
        pytest.param("a.csv.gz", gzip.compress(TABLE.encode()), {}, id="csv.gz"),
        pytest.param("a.tsv.gz", gzip.compress(TABLE.replace(",", "\t").encode()), {}, id="tsv.gz"),
        pytest.param("a.dat", TABLE.replace(",", "::"), {"separator": "::"}, id="colons"),
        pytest.param("a.dat", TABLE.replace(",", "|"), {"separator": "|"}, id="bar"),
        pytest.param("a.dat", TABLE.replace(",", ";"), {"separator": ";"}, id="semicolon"),
        pytest.param("a.csv", TABLE.replace("\n", "\r\n"), {}, id="Windows lines"),
        pytest.param("a.csv", TABLE.rstrip("\n"), {}, id="no last newline"),
        pytest.param("a.csv", "\ufeff" + TABLE, {}, id="byte order mark"),
        pytest.param("a.csv", TABLE.replace(",", ", "), {}, id="spaces"),
        pytest.param("a.csv", TABLE.replace("x", '"x"'), {}, id="quotes"),
    ],
)
def test_text_tables(write: Write, name: str, content: str | bytes, options: dict) -> None:
    data = CSV(write(name, content), **options).load()
    assert rows(data) == ROWS
    assert data.user_ids.tolist() == ["a", "b"]
    assert data.item_ids.tolist() == ["x", "y"]
    assert data.audit == ()
    assert data.clock


@pytest.mark.parametrize("separator", [",", "::", "|"])
def test_columns_by_number(write: Write, separator: str) -> None:
    body = TABLE.partition("\n")[2].replace(",", separator)
    path = write("a.dat", body)
    columns = {"user": 0, "item": "1", "rating": 2, "timestamp": 3}
    assert rows(CSV(path, header=False, separator=separator, **columns).load()) == ROWS
    swapped = CSV(path, header=False, separator=separator, user=1, item=0).load()
    assert rows(swapped) == [(item, user, None, None) for user, item, _, _ in ROWS]


@pytest.mark.filterwarnings("ignore::pandas.errors.ParserWarning")
def test_rows_longer_than_the_header_are_refused(write: Write) -> None:
    # A decimal comma would otherwise shift every column behind it.
    path = write("a.csv", "user,item,rating,timestamp\na,x,3,5,100\nb,x,2,5,200\n")
    assert path in refused(CSV(path))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "name", ["a.csv", "a.tsv", "a.csv.gz", "a.parquet", "ratings.dat", "u.data"]
)
def test_binary_garbage(write: Write, name: str, seed: int) -> None:
    path = write(name, np.random.default_rng(seed).bytes(2000))
    source = CSV if name.startswith("a.") else MovieLens
    assert refused(source(path))


def test_damaged_compression(write: Write) -> None:
    path = write("a.csv.gz", gzip.compress(TABLE.encode() * 50)[:-20])
    assert path in refused(CSV(path))


@pytest.mark.parametrize("separator", ["", ",;", "->"])
def test_odd_separators_are_refused(separator: str) -> None:
    with pytest.raises(ValueError, match=f"Received: '{separator}'"):
        CSV("a.csv", separator=separator)
