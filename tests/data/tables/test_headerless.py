"""Text tables without a header: recognised with a note, or refused with the remedy."""

from __future__ import annotations

import gzip
import re

import pytest
from helpers.table_files import LOG, text
from helpers.tables import Row, Write, refused, rows

from lrec.data.dataset.csv import CSV

pytestmark = pytest.mark.usefixtures("cache_folder")
DAYS = [
    (user, item, rating, 86_400 * (18_262 + n)) for n, (user, item, rating, _) in enumerate(LOG)
]
ISO = "".join(
    f"{u};{i};2020-{1 + n // 31:02}-{1 + n % 31:02};{r:g}\n" for n, (u, i, r, _) in enumerate(DAYS)
)
NAMED: list[Row] = [
    ("ann", "alien", 3, None),
    ("bob", "alien", 4.5, None),
    ("bob", "brazil", None, None),
]


@pytest.mark.parametrize(
    ("name", "content", "expected", "taken"),
    [
        ("log.csv", text(",", None), LOG, "user item rating timestamp"),
        ("log.txt", text("::", None), LOG, "user item rating timestamp"),
        ("log.tsv.gz", gzip.compress(text("\t", None).encode()), LOG, "user item rating timestamp"),
        ("log.csv", ISO, DAYS, "user item timestamp rating"),
        ("log.csv", "ann,alien,3\nbob,alien,4.5\nbob,brazil,\n", NAMED, "user item rating"),
        (
            "log.csv",
            "7,7,20210301\n7,8,20210302\n",
            [("7", "7", None, 1_614_556_800), ("7", "8", None, 1_614_643_200)],
            "user item timestamp",
        ),
        (
            "log.csv",  # a word that may be a name; and a number that all have
            "ann,Time,1,1600000000\nbob,Time,1,1600000001\n",
            [("ann", "Time", None, 1_600_000_000), ("bob", "Time", None, 1_600_000_001)],
            "user item",
        ),
    ],
    ids=["comma", "colons", "gzip", "dates", "text ids", "compact days", "constant"],
)
def test_rows_like_the_first_line_are_recognised(
    write: Write, name: str, content: str | bytes, expected: list[Row], taken: str
) -> None:
    path = write(name, content)
    words = ", ".join(f"column {n} for the {role}" for n, role in enumerate(taken.split()))
    if "Time" in str(content):
        words += ", column 3 for the timestamp"
    with pytest.warns(UserWarning, match=re.escape(f"{path} has no header: {words}. That users")):
        assert rows(
            CSV(path, missing_rating="keep" if "brazil" in str(content) else None).load()
        ) == (
            expected
            if "brazil" not in str(content)
            else [(*row[:2], None, None) for row in expected]
        )


@pytest.mark.parametrize(
    "content",
    [
        "7,8\n7,9\n",  # two columns: an edge, or a user and a rating
        "7,8,500\n7,9,900\n",  # neither ratings nor times
        "7,8,3,4\n7,9,2,1\n",  # two of ratings
        "1600000000,8,3\n1600000001,9,2\n",  # times come first
        "7,8,3\n" * 1500 + "7,9,2\n7,9,900\n",  # counts, but not at first
        "7,8,3,1600000000,x\n7,9,2,1600000001,y\n",  # more than four
        "7,8,n\n7,9,3\n7,9,4\n",  # the first line is of another kind
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_remedy(write: Write, content: str) -> None:
    message = refused(CSV(write("log.csv", content)))
    assert "no user column" in message
    assert "dataset.header=false dataset.user=<number of the column, from 0>" in message


@pytest.mark.parametrize("header", ["user,item,5", "7,item_id,5", "who,what,when"])
def test_names_are_no_row(write: Write, header: str) -> None:
    path = write("log.csv", f"{header}\n1,2,3\n1,4,5\n")
    first, second, _ = header.split(",")
    assert CSV(path, user=first, item=second, rating=None).load().item_ids.tolist() == ["2", "4"]


def test_typed_tables_have_their_names(write: Write) -> None:
    path = write("log.jsonl", '{"1": 1, "2": 2, "3": 3}\n{"1": 1, "2": 4, "3": 5}\n')
    assert "has no user column" in refused(CSV(path))


def test_columns_are_named_by_their_numbers_and_the_other_order_can_be_pasted(write: Write) -> None:
    path = write("log.csv", text(",", None))
    with pytest.warns(UserWarning, match="has no header") as caught:
        data = CSV(path).load()
    assert str(data.columns) == "user=0, item=1, rating=2, timestamp=3"
    told = str(caught[0].message).partition("if items do: ")[2]
    assert told == (
        "dataset.header=false dataset.user=1 dataset.item=0 dataset.rating=2 dataset.timestamp=3"
    )
    other = CSV(path, header=False, user=1, item=0, rating=2, timestamp=3).load()
    assert other.user_ids.tolist() == data.item_ids.tolist()
