"""Stray quotes that swallow rows, and cells of several lines that are meant."""

from __future__ import annotations

import pytest
from helpers.tables import Write, refused, rows

from lrec.data.dataset.csv import CSV

pytestmark = pytest.mark.usefixtures("cache_folder")

HEADER = "user,item,title,rating,timestamp\n"
ROWS = [f"u{n},i{n},Title {n},{n % 5},{1_577_836_800 + n}\n" for n in range(30)]


def spoilt(first: str, second: str) -> str:
    """The table with a quote before a cell of row 5, and one after that of row 9."""
    lines = [*ROWS]
    lines[4] = lines[4].replace(first, f'"{first}')
    lines[8] = lines[8].replace(second, f'{second}"')
    return HEADER + "".join(lines)


@pytest.mark.parametrize("separator", [",", "\t", "::"])
@pytest.mark.parametrize("column", ["title", "item", "user"])
def test_swallowed_rows_are_refused(write: Write, separator: str, column: str) -> None:
    cells = {"title": ("Title 4", "Title 8"), "item": ("i4", "i8"), "user": ("u4", "u8")}
    content = spoilt(*cells[column]).replace(",", separator)
    path = write("a.txt", content)
    message = refused(CSV(path))
    assert path in message
    assert "data row 5" in message
    assert "the 4 rows after it" in message
    assert "dataset.quoted=false" in message
    assert len(CSV(path, quoted=False).load()) == 30


def test_a_swallowed_half_row_is_refused(write: Write) -> None:
    lines = [*ROWS]
    lines[4], lines[5] = lines[4].replace("Title", '"Title'), lines[5].replace("Title 5", 'T"')
    assert "the 1 rows after it" in refused(CSV(write("a.csv", HEADER + "".join(lines))))


def test_a_quote_that_is_never_closed_is_named(write: Write) -> None:
    message = refused(CSV(write("a.csv", HEADER + "".join(ROWS[:3]) + 'u,"i,t,1,2\n')))
    assert "a quote is never closed" in message
    assert "dataset.quoted=false" in message


@pytest.mark.parametrize(
    "review",
    ["Good.\nVery good.", "a, b,\nc, d, e", "one\ntwo, three\nfour, five, six, seven, eight", "\n"],
)
def test_reviews_of_several_lines_are_read(write: Write, review: str) -> None:
    lines = [row.replace(f"Title {n}", f'"{review}"') for n, row in enumerate(ROWS)]
    content = HEADER + "".join(lines)
    assert len(rows(CSV(write("a.csv", content)).load())) == 30


def test_escapes_by_backslash_close_no_quote_that_is_open(write: Write) -> None:
    """Doubled quotes and escaped ones are two ways to write, and no file has both."""
    for row in (r'0,"\"""', r'"\","\"', r'"0","\"'):
        text = f'user,item\n0,0\n{row}\n"never closed'
        message = refused(CSV(write("a.csv", text)))
        assert "could not be read as a table" in message
        assert "a quote is never closed" in message
    escaped = 'user,item,note\na,x,"say \\"yes\\""\nb,y,""\n'
    assert len(CSV(write("b.csv", escaped)).load()) == 2
