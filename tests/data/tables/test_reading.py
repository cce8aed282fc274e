"""Text tables of any layout, and files that are no tables."""

from __future__ import annotations

import gzip
import shlex
import tarfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.tables import ROWS, TABLE, Write, refused, rows
from hydra.core.override_parser.overrides_parser import OverridesParser

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


@pytest.mark.parametrize(
    ("name", "line"),
    [("a.jsonl", '{{"user": {0}, "item": {1}}}'), ("a.json", "{{'user': {0}, 'item': {1}}}")],
)
def test_long_ids_of_json_stay_whole_where_some_are_missing(
    write: Write, name: str, line: str
) -> None:
    """Also those that need more than 64 bits; floats would make one of them."""
    base = 76_561_197_960_265_700
    users = [base + n for n in range(3)] + [109_129_804_842_686_204_000]
    lines = [line.format(user, 9_007_199_254_740_993) for user in users]
    nothing = "null" if name == "a.jsonl" else "None"
    data = CSV(write(name, "\n".join([*lines, line.format(nothing, 1)])), missing_id="drop").load()
    assert data.user_ids.tolist() == sorted(map(str, users))
    assert data.item_ids.tolist() == ["9007199254740993"]


def test_blank_texts_of_json_are_missing(write: Write) -> None:
    path = write(
        "a.jsonl",
        '{"user": "a", "item": "x", "rating": "4", "timestamp": "2020-01-01"}\n'
        '{"user": "b", "item": "x", "rating": "", "timestamp": " "}\n',
    )
    assert "1 of 2 rows have no timestamp" in refused(CSV(path))
    data = CSV(path, missing_timestamp="drop", missing_rating="keep").load()
    assert rows(data) == [("a", "x", 4, 1_577_836_800)]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", "1:\n7,3,2005-09-06\n8,4,2005-09-07\n", "'1:' stand above the rows"),
        ("a.txt", "product/productId: B1\nreview/userId: A1\n\n" * 9, "a line for each field"),
        ("a.csv", "user,item\0\0\0\n1,2\n", "is binary and of no kind that is known"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + b"\1" * 99, "is an archive: unpack it"),
        (
            "a.jsonl",
            '{"user": 1, "item": []}\n{"user": 2, "item": [{"aid": 1}]}\n',
            "make a line of each record in them",
        ),
    ],
)
def test_forms_that_are_no_rows_are_named(
    write: Write, name: str, content: str | bytes, words: str
) -> None:
    assert words in refused(CSV(write(name, content)))


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_an_archive_is_to_be_unpacked(write: Write, tmp_path: Path, mode: Any) -> None:
    inside = Path(write("inside.csv", TABLE))
    archive = tmp_path / "ratings.csv.tar.gz"
    with tarfile.open(archive, mode) as file:
        file.add(inside, "inside.csv")
    assert "is an archive: unpack it" in refused(CSV(str(archive)))


def test_lines_that_begin_with_their_number_of_items_are_users(write: Write) -> None:
    path = write("users.dat", "2 7 8\n1 7\n3 7 8 9\n")
    with pytest.warns(UserWarning, match="its user is the number of the line, from 0"):
        data = CSV(path, layout="lists").load()
    assert [row[:2] for row in rows(data)] == [
        *(("0", "7"), ("0", "8"), ("1", "7")),
        *(("2", "7"), ("2", "8"), ("2", "9")),
    ]


@pytest.mark.parametrize(
    ("ratings", "note"),
    [
        ([-1, -1, 7, 10], "2 of 4 ratings are -1, and the others 7 to 10"),
        ([0, 0, 1, 3, 5], "2 of 5 ratings are 0, and the others 1 to 5"),
        ([0, 1, 1, 3, 5], ""),  # a scale that begins at 0
        ([0.5, 1, 3, 5], ""),  # a scale of halves
        ([0, 0.5, 3, 5], ""),
        ([-1, 1, 1, 1], ""),  # liked or not
        ([0, 1, 2, 1], ""),
        ([-10, -3.5, 0, 9], ""),
    ],
)
def test_ratings_below_a_scale_are_noted(write: Write, ratings: list[float], note: str) -> None:
    path = write(
        "a.csv", "user,item,rating\n" + "".join(f"u,i{n},{r}\n" for n, r in enumerate(ratings))
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        CSV(path).load()
    told = [str(one.message) for one in caught]
    assert len(told) == bool(note)
    assert note in " ".join(told)
    if not note:
        return
    word = shlex.split(told[0].rpartition(" set ")[2])[0]
    cells = OverridesParser.create().parse_override(word).value()
    data = CSV(path, missing_values=cells, missing_rating="drop").load()
    assert len(data) == sum(r > 0 for r in ratings)


def test_ids_that_are_lists_are_noted(write: Write) -> None:
    lists = "".join(f"u{n}\tN{n} N{n + 1}\n" for n in range(9))
    with pytest.warns(UserWarning, match="most item ids look like several, such as 'N0 N1'"):
        CSV(write("a.tsv", f"user\titem\n{lists}")).load()
    titles = "".join(f"u{n}\tThe Film of {n}\n" for n in range(9))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CSV(write("b.tsv", f"user\titem\n{titles}")).load()


def test_another_column_of_users_is_named(write: Write) -> None:
    content = "user_id,username,item\n,ann,x\n,bob,y\n7,cat,x\n"
    path = write("a.csv", content)
    assert "or another column: dataset.user=username." in refused(CSV(path))
    assert CSV(path, user="username").load().user_ids.tolist() == ["ann", "bob", "cat"]
