"""Columns that a table was read by, and those that nothing was read from."""

from __future__ import annotations

import pytest
from helpers.tables import ITEMS, TABLE, Write, refused

from lrec.data.dataset.csv import CSV
from lrec.data.dataset.movielens import MovieLens
from lrec.data.split.global_time import GlobalTime
from lrec.data.used_columns import UsedColumns, without_times

pytestmark = pytest.mark.usefixtures("cache_folder")
SHOP = "customer;sku;quantity;price;ordered_at\na;x;1;58,84;2021-03-01\nb;y;2;5;2021-03-02\n"


def test_columns_are_known_also_of_prepared_data(write: Write) -> None:
    path, items = write("a.csv", SHOP), write("items.csv", "sku,title,price\nx,Why,3\ny,So,4\n")
    for _ in range(2):
        data = CSV(path, items_path=items).load()
        assert str(data.columns) == (
            "user=customer, item=sku, timestamp=ordered_at; not used: quantity, price"
        )
        assert str(data.items_columns) == "item=sku, titles=title; not used: price"


def test_columns_of_movielens_and_of_tables_that_are_used_up(write: Write) -> None:
    lines = write("u.data", "1\t2\t3\t880000000\n")
    assert str(MovieLens(lines).load().columns) == "user=0, item=1, rating=2, timestamp=3"
    data = CSV(write("a.csv", TABLE), items_path=write("items.csv", ITEMS)).load()
    assert str(data.columns) == "user=user, item=item, rating=rating, timestamp=timestamp"


def test_data_without_times_names_its_columns(write: Write) -> None:
    columns = UsedColumns({"user": "customer", "item": "sku"}, ("price",))
    assert "(its columns: customer, sku, price). Name" in without_times("global_time", columns)
    assert "no timestamps. Name" in without_times("global_time", None)
    path = write("a.csv", "customer,sku,price\na,x,1\nb,y,2\n")
    with pytest.raises(ValueError, match=r"its columns: customer, sku, price"):
        GlobalTime()(CSV(path).load())
    assert "split=mine" in str(without_times("mine", columns))


def test_decimal_commas_are_hinted_at_and_read(write: Write) -> None:
    path = write("a.csv", SHOP)
    message = refused(CSV(path, rating="price"))
    assert "1 values in column price are not a number (decimal commas: dataset.decimal=comma" in (
        message
    )
    for sign in (",", "comma"):
        rating = CSV(path, rating="price", decimal=sign).load().rating  # type: ignore[arg-type]
        assert rating is not None
        assert rating.tolist() == [pytest.approx(58.84), 5]


def test_points_beside_decimal_commas_are_refused(write: Write) -> None:
    path = write("a.csv", SHOP.replace(";5;", ";1.234;"))
    message = refused(CSV(path, rating="price", decimal="comma"))
    assert "which allows no points, the first in data row 2. Received: '1.234'" in message


def test_times_have_decimal_commas_too(write: Write) -> None:
    table = "user;item;date\na;x;44256,5\nb;x;44257,25\n"
    data = CSV(write("a.csv", table), decimal="comma", time_format="excel").load()
    assert data.timestamp is not None
    assert data.timestamp.tolist() == [1_614_556_800 + 43_200, 1_614_556_800 + 86_400 + 21_600]
    text = "user;item;date\na;x;2021-03-01 10:00:00.5\n"
    assert CSV(write("b.csv", text), decimal="comma").load().timestamp is not None
