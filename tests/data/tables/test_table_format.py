"""Roles of columns, ids that are odd, cells that mean none, and all problems in one message."""

from __future__ import annotations

import shlex
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.tables import TABLE, Write, refused, rows
from hydra.core.override_parser.overrides_parser import OverridesParser

from lrec.data.dataset.csv import CSV
from lrec.data.tables.table_format import TableFormat

pytestmark = [
    pytest.mark.usefixtures("cache_folder"),
    pytest.mark.filterwarnings("ignore:all times lie before 1990"),
]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"user": "item"}, "dataset.user and dataset.item name one column, item"),
        ({"rating": "timestamp"}, "dataset.rating and dataset.timestamp name one column"),
        ({"behavior": "rating"}, "dataset.rating and dataset.behavior name one column, rating"),
    ],
)
def test_a_column_has_one_role(write: Write, options: dict[str, Any], words: str) -> None:
    assert words in refused(CSV(write("a.csv", TABLE), **options))


def test_all_problems_are_told_at_once(write: Write) -> None:
    path = write("a.csv", "user,thing,rating,timestamp,event\n,x,good,soon,view\na,,3,1,\n")
    message = refused(CSV(path))
    assert message.startswith("the data has 5 problems: (1) ")
    for words in (
        "no item column",
        "'good'",
        "'soon'",
        "1 of 2 rows have no user id (the first is data row 1)",
        "1 of 2 rows have no behavior (the first is data row 2)",
    ):
        assert words in message


def test_what_a_dropped_row_misses_is_no_problem(write: Write) -> None:
    path = write("a.csv", "user,item,rating\n,x,\na,x,3\n")
    assert "user id" in refused(CSV(path, missing_rating="drop"))
    assert rows(CSV(path, missing_id="drop").load()) == [("a", "x", 3, None)]


def test_missing_values_have_one_key(write: Write) -> None:
    path = write(
        "a.csv",
        "user,item,rating,timestamp,event\n,x,1,1,v\na,x,,1,v\na,y,2,,v\na,z,3,9,\nb,z,4,5,v\n",
    )
    assert "5 problems" not in refused(CSV(path))
    data = CSV(path, missing="drop").load()
    assert rows(data) == [("b", "z", 4, 5)]
    steps = [(step.name, step.rows_removed) for step in data.audit]
    assert steps == [
        ("missing id", 1),
        ("missing behavior", 1),
        ("missing timestamp", 1),
        ("missing rating", 1),
    ]
    assert "no rating" in refused(CSV(path, missing="drop", missing_rating="error"))
    filled = CSV(path, missing="drop", missing_rating="mean").load()
    assert rows(filled)[0] == ("a", "x", 4, 1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0], [("a", "y", 3, None), ("NA", "0", 5, None)]),
        ([0, 5], [("a", "y", 3, None)]),
        ({"rating": [0], "user": ["NA"]}, [("a", "y", 3, None)]),
        ({"item": [0]}, [("a", "x", 0, None), ("a", "y", 3, None)]),
    ],
)
@pytest.mark.filterwarnings("ignore:column user")
def test_values_that_mean_none(write: Write, values: Any, expected: list[Any]) -> None:
    path = write("a.csv", "user,item,rating\na,x,0.0\na,y,3\nNA,0,5\n")
    assert rows(CSV(path, missing_values=values, missing="drop").load()) == expected


def test_values_of_unknown_roles_are_refused() -> None:
    with pytest.raises(ValueError, match="Received: stars"):
        CSV("a.csv", missing_values={"stars": [0]})


@pytest.mark.parametrize(
    ("ids", "note"),
    [
        (["NA", "7"], r"1 rows have the user id NA.*missing_values=\{user: \[NA\]\}"),
        (["null", "null"], "2 rows have the user id null"),
        (["\\N", "7"], r"1 rows have the user id \\N"),
        (["17850", "17850.0"], r"2 user ids differ.*'17850' and '17850\.0'"),
        (['"7 "', "7"], "2 user ids differ.*'7' and '7 '"),
        (["17850.0", "17851.0"], r"2 user ids end in \.0, such as '17850\.0'"),
        (
            ["9.00720E+15", "9.00720E+15"],
            r"2 rows have user ids .* rounded, such as '9.00720E\+15'",
        ),
        (['"4,00638E+12"', "7"], r"1 rows have user ids that a spreadsheet rounded"),
    ],
)
def test_odd_ids_are_kept_and_noted(write: Write, ids: list[str], note: str) -> None:
    path = write("a.csv", "user,item\n" + "".join(f"{name},{n}\n" for n, name in enumerate(ids)))
    with pytest.warns(UserWarning, match=note):
        data = CSV(path).load()
    assert [row[0] for row in rows(data)] == [name.strip('"') for name in ids]


@pytest.mark.parametrize("words", [["NaN", "None"], ["null", "\\N", "N/A"], ["NULL", "-", "nan"]])
def test_the_note_on_words_for_none_can_be_pasted(write: Write, words: list[str]) -> None:
    path = write("a.csv", "user,item\nu,x\n" + "".join(f"{word},x\n" for word in words))
    with pytest.warns(UserWarning, match="if it means none") as notes:
        CSV(path).load()
    word = shlex.split(str(notes[0].message).rpartition(" set ")[2])[0]
    override = OverridesParser.create().parse_override(word)
    assert {role: set(cells) for role, cells in override.value().items()} == {"user": set(words)}
    data = CSV(path, missing_values=override.value(), missing_id="drop").load()
    assert data.user_ids.tolist() == ["u"]


def test_plain_ids_have_no_note(write: Write) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CSV(write("a.csv", "user,item\n007,nan-1\n7,1.05\n1.00,null_\n9e+1,1E+x\n")).load()


def test_rows_in_order_without_times(write: Write) -> None:
    path = write("a.csv", "user,item\nb,x\na,y\na,x\n")
    data = CSV(path, order="file").load().in_file_order()
    assert data.timestamp.tolist() == [0, 1, 2]
    assert not data.clock
    table = (
        CSV(write("b.csv", TABLE), order="file").load().in_file_order()
    )  # its times run the other way
    assert table.timestamp.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="Received: timestamp=when"):
        CSV(path, order="file", timestamp="when")


@pytest.mark.parametrize(
    ("row", "cell"),
    [("a,x,1e300,3", "'1e300'"), ("a,x,INF,3", "'INF'"), ("a,x,1,9e11", "'9e11'")],
)
def test_messages_show_cells_as_they_are_written(write: Write, row: str, cell: str) -> None:
    path = write("a.csv", f"user,item,rating,timestamp\n{row}\n")
    assert cell in refused(CSV(path))


CELLS = {
    "numbers": "7,1,2.5,1200000000\n07,2,,1200000001\n",
    "milliseconds": "7,1,2,1200000000000\n7,2,3,1200000001000\n",
    "dates": "7,1,2,2008-01-10\n7,2,3,2008-01-11\n",
    "compact dates": "7,1,2,20080110\n7,2,3,20080111\n",
    "words": "NA,1,nan,1200000000\n7,null,2,NULL\n",
    "blanks": "7,1, 2,1200000000\n7 ,2,3 ,1200000001\n",
    "empty": ",1,,\n7,,,\n",
}


@pytest.mark.parametrize("cells", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize(
    "options", [{}, {"missing_values": {"user": ["7"]}}, {"time_format": "%Y%m%d"}]
)
def test_plain_files_are_read_as_others(write: Write, cells: str, options: dict[str, Any]) -> None:
    roles = dict.fromkeys(("user", "item", "rating", "timestamp"), "auto")
    layout = TableFormat(**roles, **options)
    plain = write("plain.csv", f"user,item,rating,timestamp\n{cells}")
    # a quoted name, which only pandas reads
    other = write("other.csv", f'user,item,"rating",timestamp\n{cells}')
    one, two = layout.read(Path(plain)), layout.read(Path(other))
    pd.testing.assert_frame_equal(one, two)
    assert one.attrs == two.attrs
