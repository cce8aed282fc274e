"""Titles and genres from a table of items."""

from __future__ import annotations

import pytest
from helpers.tables import ITEMS, TABLE, Write, refused

from lrec.data.dataset.csv import CSV

pytestmark = pytest.mark.usefixtures("cache_folder")


def test_items_file(write: Write) -> None:
    data = CSV(write("a.csv", TABLE), items_path=write("items.csv", ITEMS)).load()
    features = data.features
    assert features.titles.tolist() == ["", "Why: a film"]
    assert features.genre_names == ("Drama", "War")
    assert features.genres.tolist() == [[0, 1], [1, 1]]


def test_items_file_with_named_columns(write: Write) -> None:
    items = write("items.csv", ITEMS.replace("title", "t").replace("genres", "g"))
    table = write("a.csv", TABLE)
    plain = CSV(table, items_path=items).load().features
    assert plain.titles is plain.genres is None
    named = CSV(table, items_path=items, titles="t", genres="g").load().features
    assert named.titles.tolist() == ["", "Why: a film"]
    assert named.genre_names == ("Drama", "War")
    none = CSV(table, items_path=items, titles=None, genres=None).load().features
    assert none.titles is none.genres is None


@pytest.mark.parametrize(
    "items",
    ["x,\ny,\n", "x,(no genres listed)\n", "q,War\n"],
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
