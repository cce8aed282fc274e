"""First lines of text tables: a separator, a title, comments, lists; and blanks beside ids."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.tables import ROWS, TABLE, Write, refused, rows

from lrec.base.errors import DataError
from lrec.commands.recommend.users import codes_of
from lrec.data.dataset.csv import CSV

pytestmark = pytest.mark.usefixtures("cache_folder")


@pytest.mark.parametrize("first", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n', "\ufeffsep=;\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_first_line_may_name_the_separator(write: Write, first: str, encoding: str) -> None:
    path = write("a.csv", (first + TABLE.replace(",", ";")).encode(encoding))
    assert rows(CSV(path).load()) == ROWS
    assert rows(CSV(path, separator="semicolon").load()) == ROWS


@pytest.mark.parametrize(
    ("above", "words"),
    [
        ("# an export\n", "line 2 looks like its header, 'user;item;rating;timestamp': delete the"),
        ("Export of 2021-01-01;;;\n", "delete the line above."),
        ("sep=;\nShop\n\n", "line 3 looks like its header"),
        ("Shop;;;\n2021;;;\n", "delete the 2 lines above."),
    ],
)
def test_lines_above_the_header_are_refused(write: Write, above: str, words: str) -> None:
    assert words in refused(CSV(write("a.csv", above + TABLE.replace(",", ";"))))


@pytest.mark.parametrize("above", ["Export;;;\n", "Export\n", "# a, b\n", "Shop\nExport\n"])
def test_lines_above_an_unusual_header_are_hinted_at(write: Write, above: str) -> None:
    table = TABLE.replace("user,item", "kunde,artikel").replace(",", ";")
    message = refused(CSV(write("a.csv", above + table)))
    assert "above the header" in message
    assert "Length of" not in message


def test_lines_of_a_user_and_items_are_named(write: Write) -> None:
    assert "dataset.layout=lists" in refused(CSV(write("train.txt", "0 1 2\n1 3 4 5\n2 6\n")))
    assert "dataset.layout=lists" in refused(CSV(write("a.txt", "u0 i1 i2\nu1 i3 i4 i5\nu2 i6\n")))


@pytest.mark.parametrize("item", ["x", '"x"'])
def test_blanks_beside_ids_stay_where_few_have_them(write: Write, item: str) -> None:
    path = write("a.csv", f"user,item,rating\n C0,{item},1\nC0,{item}, 2\nC0 ,z,3\n")
    with pytest.warns(UserWarning, match="3 user ids differ from each other only in blanks"):
        data = CSV(path).load()
    assert sorted(data.user_ids.tolist()) == [" C0", "C0", "C0 "]
    assert data.in_file_order().rating.tolist() == [1, 2, 3]


def test_unknown_ids_show_their_blanks() -> None:
    with pytest.raises(DataError, match="such as 'C0 '"):
        codes_of(["C0 "], np.array(["C1"]), "users", needed="all")


def test_blanks_behind_separators_belong_to_them(write: Write) -> None:
    path = write("a.csv", 'user,item,rating\na, x, 1\nb, "y, z", 2\n')
    assert rows(CSV(path).load()) == [("a", "x", 1, None), ("b", "y, z", 2, None)]


def test_cells_of_blanks_are_empty(write: Write) -> None:
    path = write("a.csv", "user,item,rating,timestamp\na,x,  ,1577836800\n ,y,2, 1577836800\n")
    message = refused(CSV(path))
    assert "1 of 2 rows have no user id" in message
    assert "no rating" in message
