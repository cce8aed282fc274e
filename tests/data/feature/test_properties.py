"""Items by numbers and categories of a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.composing import checked, composed

from lrec.base.errors import DataError
from lrec.data.feature.properties import Properties
from lrec.data.queries import Split


@pytest.fixture
def table(split: Split, tmp_path: Path) -> Path:
    ids = split.catalogue.ids[: split.catalogue.n_items]
    n = len(ids)
    frame = pd.DataFrame(
        {
            "item_id": ids,
            "price": 10.0 ** np.linspace(0, 6, n),
            "stock": 7,
            "brand": [("red", "blue")[i % 2] for i in range(n)],
        }
    )
    frame.loc[0, "price"] = None
    frame.loc[1, "brand"] = "of one item"
    frame.loc[2, "brand"] = None
    path = tmp_path / "items.parquet"
    frame.to_parquet(path)
    return path


def test_near_numbers_have_near_vectors_whatever_their_scale(split: Split, table: Path) -> None:
    rows = Properties(str(table), numeric=["price", "stock"])(split)
    n = split.catalogue.n_items
    assert rows.shape == (n, 9 + 1)
    price, stock = rows[:, :9], rows[:, 9]
    assert stock.tolist() == [1] * n
    assert not price[0].any()  # it has none
    np.testing.assert_allclose(np.linalg.norm(price[1:], axis=1), 1)
    nearness = price @ price.T
    assert nearness[1, 2] > nearness[1, n // 2] == nearness[1, n - 1] == 0
    assert price[1].argmax() == 0
    assert price[n - 1].tolist() == [0] * 8 + [1]


def test_categories_are_flags_of_what_items_share(split: Split, table: Path) -> None:
    rows = Properties(str(table), categories=["brand"])(split)
    assert rows[:5].tolist() == [[0, 1], [0, 0], [0, 0], [1, 0], [0, 1]]  # blue, red


def test_what_cannot_be_read_is_named(split: Split, table: Path) -> None:
    with pytest.raises(DataError, match=r"has no column colour\. Its columns: price, stock, brand"):
        Properties(str(table), categories=["colour"]).check()
    with pytest.raises(DataError, match="brand"):
        Properties(str(table), numeric=["brand"]).check()
    with pytest.raises(DataError, match=r"needs columns: .*has: price, stock, brand"):
        Properties(str(table)).check()


def test_the_table_is_the_data_s_own(table: Path) -> None:
    settings = checked(
        composed(
            "dataset=csv",
            "dataset.path=a.csv",
            f"dataset.items_path={table}",
            "feature=properties",
            "feature.properties.numeric=[price]",
        )
    )
    feature = settings.feature["properties"]
    assert isinstance(feature, Properties)
    assert feature.data_path == str(table)
