"""Files of recommendations: what is replaced, and what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lrec.base.files import write_table
from lrec.commands.recommend.command import recommend
from lrec.commands.recommend.table_file import is_replaceable
from lrec.data.histories import Histories
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
    table = recommend(model, np.array(["a"]), Histories.of([[0]]), np.arange(0), 3, True)
    write_table(path, table)
    assert is_replaceable(path)
