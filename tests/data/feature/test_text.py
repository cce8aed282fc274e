"""Items by texts of a table: latent semantic analysis, or an encoder that is there."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lrec.base.errors import DataError
from lrec.data.feature.text import Text
from lrec.data.queries import Split


@pytest.fixture
def table(split: Split, tmp_path: Path) -> Path:
    """Titles that tell nothing, and descriptions of two kinds; the last item has no row."""
    ids = split.catalogue.ids[: split.catalogue.n_items - 1]
    kinds = ["a war among stars", "a story of love"]
    frame = pd.DataFrame(
        {
            "item_id": ids,
            "title": [f"Number {n}" for n in range(len(ids))],
            "description": [f"{kinds[n % 2]}, part {n // 4}" for n in range(len(ids))],
            "price": 3,
        }
    )
    frame.loc[2, ["title", "description"]] = None
    path = tmp_path / "items.csv"
    frame.to_csv(path, index=False)
    return path


def test_texts_that_share_words_are_near(split: Split, table: Path) -> None:
    rows = Text(str(table), size=3)(split)
    assert rows.shape == (split.catalogue.n_items, 3)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)
    nearness = unit @ unit.T
    assert nearness[0, 4] > nearness[0, 1]
    assert nearness[1, 3] > nearness[1, 0]
    assert not rows[[2, -1]].any()  # of an empty text, and of an item without a row


def test_the_data_s_table_is_read_where_none_is_named(split: Split, table: Path) -> None:
    feature = Text(columns=["description"])
    with pytest.raises(DataError, match=r"the data has none.*dataset\.items_path"):
        feature.check()
    feature.of_data(str(table))
    feature.check()
    assert feature(split).shape[0] == split.catalogue.n_items


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"columns": ["plot"]}, ["has no column plot", "title, description, price"]),
        ({"item": "sku"}, [r"feature\.text\.item=sku"]),
        ({"encoder": "sentence-transformers/all-MiniLM"}, ["folder of a saved", "downloads none"]),
    ],
)
def test_what_cannot_be_read_is_named(
    table: Path, settings: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(DataError) as refusal:
        Text(str(table), **settings).check()
    for word in words:
        assert word.replace("\\", "") in str(refusal.value)


def test_an_encoder_that_is_not_installed_is_named(table: Path, tmp_path: Path) -> None:
    if "sentence_transformers" in sys.modules:
        pytest.skip("it is installed")
    with pytest.raises(DataError, match=r"pip install 'lrec\[text\]'"):
        Text(str(table), encoder=str(tmp_path)).check()


def test_an_encoder_is_loaded_from_its_folder_and_nowhere_else(
    split: Split, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against a stand-in for the library, which the tests do not install."""
    calls: list[Any] = []

    class Encoder:
        def __init__(self, path: str, local_files_only: bool) -> None:
            calls.append((path, local_files_only))

        def encode(self, texts: list[str], **options: Any) -> np.ndarray:
            calls.append(options)
            return np.array([[float("love" in text), float("war" in text)] for text in texts])

    library = ModuleType("sentence_transformers")
    library.SentenceTransformer = Encoder  # type: ignore[attr-defined]
    library.__spec__ = sys.__spec__  # found, as an installed one is
    monkeypatch.setitem(sys.modules, "sentence_transformers", library)
    rows = Text(str(table), encoder=str(tmp_path))(split)
    assert calls == [
        (str(tmp_path), True),
        {"normalize_embeddings": True, "show_progress_bar": False},
    ]
    assert rows[:4].tolist() == [[0, 1], [1, 0], [0, 0], [1, 0]]
    assert rows[-1].tolist() == [0, 0]
