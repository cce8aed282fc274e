"""Files of recommendations: what is replaced, and what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lrec.base.files import write_table
from lrec.commands.recommend.command import recommend
from lrec.commands.recommend.requests import Requests
from lrec.commands.recommend.table_file import is_replaceable, write
from lrec.data.histories import Histories
from lrec.evaluation.ranking import Ranker
from lrec.model import Model


@pytest.mark.parametrize("name", ["lists.csv", "lists.parquet"])
def test_only_recommendations_are_replaced(name: str, model: Model, tmp_path: Path) -> None:
    path = tmp_path / name
    assert is_replaceable(path)
    ratings = pd.DataFrame({"user": ["ann"], "item": ["x"], "rating": [5]})
    write_table(path, ratings)  # a log of the user's own
    assert not is_replaceable(path)
    path.write_bytes(b"\xff\x00")
    assert not is_replaceable(path)
    path.write_text("")
    assert not is_replaceable(path)
    path.unlink()
    path.mkdir()
    assert not is_replaceable(path)
    path.rmdir()
    history = Histories.of([[0]])
    requests = Requests(np.array(["a"]), history, history, np.arange(0))
    table = recommend(Ranker(model, 3), requests, True)
    write_table(path, table)
    assert is_replaceable(path)
    write_table(path, table.rename(columns={"personalised": "own"}))  # of earlier versions
    assert is_replaceable(path)


FORMULAS = [
    "=1+1",
    "+49 170",
    "-x",
    "@SUM(A1)",
    "\tx",
    "-1+2",
    "=",
    "+1e5+cmd|' /C calc'!A0",
]
HARMLESS = ["12", "-5", "+4.5", "-.5", "josé", "a=b", "'=x", " =1", ""]


@pytest.mark.parametrize("escape", [True, False])
@pytest.mark.parametrize("name", ["lists.csv", "lists.parquet"])
def test_cells_that_a_spreadsheet_would_run_are_escaped(
    name: str, escape: bool, tmp_path: Path
) -> None:
    cells = [*FORMULAS, *HARMLESS]
    columns = ["user", "item", "title", "because", "because_title"]
    table = pd.DataFrame(dict.fromkeys(columns, cells) | {"score": -1.5, "personalised": True})
    path = tmp_path / "new" / name
    n = write(path, table, escape)
    read = pd.read_parquet(path) if name.endswith("parquet") else pd.read_csv(
        path, dtype=str, keep_default_na=False
    ).astype({"score": float})  # fmt: skip
    active = escape and name.endswith("csv")
    expected = [f"'{cell}" for cell in FORMULAS] if active else FORMULAS
    for column in columns:
        assert read[column].tolist() == [*expected, *HARMLESS]
    assert n == (len(columns) * len(FORMULAS) if active else 0)
    assert set(read["score"]) == {-1.5}
    assert set(table["item"]) == set(cells)  # the table itself stays
