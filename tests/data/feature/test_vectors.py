"""Item vectors from files, by item id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lrec.base.errors import DataError
from lrec.data.feature.vectors import Vectors
from lrec.data.queries import Split

Writer = Callable[[Path, np.ndarray[Any, Any], np.ndarray[Any, Any]], Path]


def as_columns(folder: Path, ids: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> Path:
    path = folder / "columns.parquet"
    pd.DataFrame(rows, columns=["x", "y"]).assign(item_id=ids).to_parquet(path)
    return path


def as_lists(folder: Path, ids: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> Path:
    path = folder / "lists.parquet"
    pd.DataFrame({"item_id": ids, "vector": list(rows)}).to_parquet(path)
    return path


def as_text(folder: Path, ids: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> Path:
    path = folder / "columns.csv"
    pd.DataFrame(rows, columns=["x", "y"]).assign(item_id=ids).to_csv(path, index=False)
    return path


def as_fields(folder: Path, ids: np.ndarray[Any, Any], rows: np.ndarray[Any, Any]) -> Path:
    path = folder / "fields.npy"
    array = np.zeros(len(ids), [("item_id", ids.dtype), ("vector", np.float32, 2)])
    array["item_id"], array["vector"] = ids, rows
    np.save(path, array)
    return path


def test_few_vectors_are_noted(split: Split, tmp_path: Path) -> None:
    n = split.catalogue.n_items
    path = as_columns(tmp_path, split.catalogue.ids[: n // 2], np.ones((n // 2, 2)))
    with pytest.warns(UserWarning, match=f"only {n // 2} of {n} items have a vector in .*columns"):
        Vectors(str(path))(split)


@pytest.mark.parametrize("write", [as_columns, as_lists, as_text, as_fields])
def test_vectors_are_found_by_item_id(split: Split, tmp_path: Path, write: Writer) -> None:
    n = split.catalogue.n_items
    ids = np.append(split.catalogue.ids[: n - 1][::-1], "a stranger")
    rows = np.arange(2 * n, dtype=float).reshape(n, 2) + 1
    vectors = Vectors(str(write(tmp_path, ids, rows)))(split)
    assert vectors[: n - 1].tolist() == rows[: n - 1][::-1].tolist()
    assert vectors[n - 1].tolist() == [0, 0]  # it has no vector


def test_row_number_of_a_matrix_is_the_item_id(split: Split, tmp_path: Path) -> None:
    n = split.catalogue.n_items
    numbered = replace(
        split, catalogue=replace(split.catalogue, ids=np.arange(n)[::-1].astype(str))
    )
    np.save(tmp_path / "matrix.npy", np.arange(n, dtype=np.float32)[:, None] + 1)
    vectors = Vectors(str(tmp_path / "matrix.npy"))(numbered)
    assert vectors[:, 0].tolist() == list(range(n, 0, -1))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.parquet", None, "is no file"),
        ("three.npy", np.zeros((2, 2, 2)), "must be a matrix of numbers"),
        ("words.npy", np.array([["a"]]), "must be a matrix of numbers"),
        ("pickled.npy", np.array([{}], object), "could not be read as numbers"),
        ("stranger.npy", np.ones((2, 2)), "no vector for any item"),
        ("hole.npy", np.full((2, 2), np.nan), "not finite"),
        ("fields.npy", np.zeros(1, [("a", int), ("b", float)]), "Name the ids"),
        ("nameless.csv", pd.DataFrame({"a": [1], "b": [2]}), "Name it: feature.vectors.item"),
        ("text.csv", pd.DataFrame({"item_id": [1], "b": ["x"]}), "vectors of one length"),
    ],
)
def test_files_that_hold_no_vectors_are_explained(
    split: Split, tmp_path: Path, name: str, content: Any, words: str
) -> None:
    path = tmp_path / name
    if isinstance(content, pd.DataFrame):
        content.to_csv(path, index=False)
    elif content is not None:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(DataError, match=words) as raised:
        Vectors(str(path))(split)
    assert "\n" not in str(raised.value)
