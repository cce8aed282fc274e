"""Titles and genres from a table of items."""

from __future__ import annotations

import warnings

import pytest
from helpers.tables import ITEMS, TABLE, Write, refused

from lrec.data.dataset.csv import CSV

pytestmark = pytest.mark.usefixtures("cache_folder")


def test_items_file(write: Write) -> None:
    data = CSV(write("a.csv", TABLE), items_path=write("items.csv", ITEMS)).load()
    features = data.features
    assert features.titles.tolist() == ["", "Why: a film"]
    assert features.genre_names == ("Drama", "War")
    assert features.genres.toarray().tolist() == [[0, 1], [1, 1]]


def test_rows_of_an_item_that_differ_are_noted(write: Write) -> None:
    items = write("items.csv", f"{ITEMS}y,Other,Drama\ny,Third,\nx,,War\nnobody,Lost,Horror\n")
    note = "items.csv: 2 items have several rows that differ in titles or genres, such as 'y'"
    with pytest.warns(UserWarning, match=note):
        features = CSV(write("a.csv", TABLE), items_path=items).load().features
    assert features.titles.tolist() == ["", "Why: a film"]


def test_rows_of_an_item_that_are_alike_have_no_note(write: Write) -> None:
    items = write("items.csv", f"{ITEMS}x,,War\n,a,b\n,c,d\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CSV(write("a.csv", "user,item\na,x\na,y\n"), items_path=items).load()


def test_items_file_with_named_columns(write: Write) -> None:
    items = write("items.csv", ITEMS.replace("title", "t").replace("genres", "g"))
    table = write("a.csv", TABLE)
    with pytest.warns(UserWarning, match=r"no column of titles or genres .* dataset\.titles"):
        plain = CSV(table, items_path=items).load().features
    assert plain.titles is plain.genres is None
    named = CSV(table, items_path=items, titles="t", genres="g").load().features
    assert named.titles.tolist() == ["", "Why: a film"]
    assert named.genre_names == ("Drama", "War")
    none = CSV(table, items_path=items, titles=None, genres=None).load().features
    assert none.titles is none.genres is None


@pytest.mark.parametrize(
    "items",
    ["x,\ny,\n", "x,(no genres listed)\n", "q,War\nx,\n"],
    ids=["empty", "said so", "only of others"],
)
def test_items_without_any_genre(write: Write, items: str) -> None:
    items_path = write("items.csv", "item,genres\n" + items)
    features = CSV(write("a.csv", TABLE), items_path=items_path).load().features
    assert features.genre_names == ()
    assert features.genres is None or features.genres.shape == (2, 0)


def test_items_file_must_name_the_items(write: Write) -> None:
    items = write("items.csv", "code,title\nx,A\n")
    assert "code, title" in refused(CSV(write("a.csv", TABLE), items_path=items))
    named = CSV(write("a.csv", TABLE), items_path=write("b.csv", ITEMS), titles="headline")
    assert "dataset.titles=headline" in refused(named)


def test_items_file_without_any_of_the_ids_is_refused(write: Write) -> None:
    items = write("items.csv", "item,genres\n00012,War\n00013,Drama\n")
    message = refused(CSV(write("a.csv", "user,item\na,12\nb,13\n"), items_path=items))
    assert "no row for any of the 2 items" in message
    assert "00012, 00013" in message
    assert "12, 13" in message


@pytest.mark.parametrize(("rows", "noted"), [(18, True), (19, False)])
def test_items_with_a_row_are_counted_and_few_are_noted(
    write: Write, rows: int, noted: bool
) -> None:
    table = write("a.csv", "user,item\n" + "".join(f"a,{item}\n" for item in range(20)))
    lines = "".join(f"{item},War\n" for item in range(rows))
    source = CSV(table, items_path=write("items.csv", "item,genres\n" + lines))
    for _ in range(2):  # prepared, and from the cache
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            features = source.load().features
        assert features.described.sum() == rows
        messages = [str(warning.message) for warning in caught]
        assert [f"only {rows} of 20 items have a row" in text for text in messages] == [
            True
        ] * noted
