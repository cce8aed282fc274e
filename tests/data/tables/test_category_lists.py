"""Lists of categories in the ways that tables write them."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lrec.data.tables.category_lists import category_flags


@pytest.mark.parametrize(
    "cells",
    [
        ["War|Drama", "Drama", ""],
        ["War | Drama", "Drama ", r"\N"],
        ["War |Drama|War", "|Drama", "(no genres listed)"],
        ["War;Drama", "Drama", "null"],
        ["War, Drama", "Drama", "nan"],
        ["['War', 'Drama']", "['Drama']", "[]"],
        ['["War", "Drama"]', '["Drama"]', "[]"],
        ["[War, Drama]", "[Drama]", "[]"],
        ["[['War'], ['War', 'Drama']]", "['Drama']", "[None]"],
        ["[{'id': 1, 'name': 'War'}, {'name': 'Drama'}]", "[{'name': 'Drama'}]", "[{'id': 3}]"],
        [np.array(["War", "Drama"], object), ["Drama"], ""],
    ],
    ids=lambda cells: str(cells[0]),
)
def test_ways_to_write_a_list(cells: list[Any]) -> None:
    flags, names = category_flags(pd.Series(cells, index=[7, 3, 5]))
    assert names == ("Drama", "War")
    assert flags.toarray().tolist() == [[1, 1], [1, 0], [0, 0]]


def test_names_may_hold_what_does_not_separate_them() -> None:
    quoted = category_flags(pd.Series(["['Shoes, Bags']", "['Bags']"]))
    assert quoted[1] == ("Bags", "Shoes, Bags")
    bars = category_flags(pd.Series(["Shoes, Bags|Hats", "Bags"]))
    assert bars[1] == ("Bags", "Hats", "Shoes, Bags")


@pytest.mark.parametrize("cell", ["[" * 5000 + "]" * 5000, "[1 +", "[f(x)]"])
def test_what_is_no_list_is_read_as_names(cell: str) -> None:
    assert "War" in category_flags(pd.Series([cell, "['War']"]))[1]


def test_a_name_of_its_own_for_every_item_takes_little_memory() -> None:
    n = 8000
    cells = pd.Series([f"common|own {index}" for index in range(n)])
    tracemalloc.start()
    flags, names = category_flags(cells)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6
    assert flags.shape == (n, n + 1)
    assert flags.nnz == 2 * n
    assert flags[:, [names.index("common")]].sum() == n
