"""One log in all forms that are recognised: every one has the same rows."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.table_files import FILES, LOG, PLAIN, text, zipped
from helpers.tables import Write, refused, rows

from lrec.data.dataset.csv import CSV

pytestmark = [
    pytest.mark.usefixtures("cache_folder"),
    pytest.mark.filterwarnings("ignore:.* is no UTF-8"),
]


@pytest.mark.parametrize(("name", "content", "options"), FILES.values(), ids=FILES)
def test_every_form_has_the_same_rows(
    write: Write, name: str, content: bytes, options: dict[str, Any]
) -> None:
    data = CSV(write(name, content), **options).load()
    assert rows(data) == LOG
    assert (len(data), data.n_users, data.n_items) == (40, 10, 6)


@pytest.mark.parametrize(
    "header",
    [
        "visitor,sku,score,date",
        "customer,product,rating,time",
        "CustomerID,StockCode,overall,InvoiceDate",
        "User-ID,ISBN,Book-Rating,Timestamp",
        "Client ID,Article ID,Stars,Created At",
        "reviewerID,asin,overall,unixReviewTime",
    ],
)
def test_names_that_people_use_are_found(write: Write, header: str) -> None:
    assert rows(CSV(write("a.csv", text(",", tuple(header.split(","))))).load()) == LOG


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        (text("\t"), {"separator": ";"}, ["looks separated by tab: dataset.separator=tab"]),
        (text(";"), {"separator": "tab"}, ["dataset.separator=semicolon"]),
        ("7,8\n7,9\n", {}, ["header=false", "user=<number", "item=<number"]),
        ("7::8::9000\n7::9::8000\n", {}, ["look like a row", "dataset.header=false"]),
        (zipped(PLAIN, "a.csv", "b.csv"), {}, ["zip of several files: a.csv, b.csv"]),
        (PLAIN, {"encoding": "utf-16"}, ["could not be read"]),
    ],
)
def test_the_cause_is_named(
    write: Write, content: str | bytes, options: dict[str, Any], words: list[str]
) -> None:
    message = refused(CSV(write("log.txt", content), **options))
    assert all(word in message for word in words), message


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match="Received: 'latin-99'"):
        CSV("a.csv", encoding="latin-99")
