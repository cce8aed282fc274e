"""Interactions from data frames and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest

from lrec.base.errors import DataError
from lrec.data.dataset.csv import CSV
from lrec.data.frames import frame_of, table_digest, write_interactions
from lrec.data.interactions import Interactions
from lrec.data.split.ratio import Ratio

ITEMS = pd.DataFrame({"item": ["a", "b"], "title": ["A", "B"], "genres": ["x|y", "y"]})
FRAME = pd.DataFrame({"user": [7, 7, 8], "item": ["a", "b", "a"], "timestamp": [30, 20, 10]})


def read(words: list[str], catalogue: Literal["training", "all"] = "training") -> Interactions:
    """The interactions that overrides of `dataset=csv` read."""
    pairs = [word.removeprefix("dataset.").split("=") for word in words[1:]]
    plain = {"null": None, "false": False}
    options = {key: plain.get(value, value.strip("'")) for key, value in pairs}
    source = CSV(**options)  # type: ignore[arg-type]
    source.catalogue = catalogue
    return source.load()


def test_frame_is_read_like_its_file(tiny: Path) -> None:
    data = Interactions.from_frame(pd.read_csv(tiny))
    expected = CSV(str(tiny)).load()
    assert data.digest == expected.digest
    assert data.columns == expected.columns
    assert np.array_equal(data.position, expected.position)


def test_ids_times_and_items_of_a_frame() -> None:
    data = Interactions.from_frame(FRAME, items=ITEMS)
    assert frame_of(data).to_numpy().tolist() == [["7", "b", 20], ["7", "a", 30], ["8", "a", 10]]
    assert data.features.titles.tolist() == ["A", "B"]
    times = pd.to_datetime(FRAME["timestamp"], unit="s")
    assert Interactions.from_frame(FRAME.assign(timestamp=times)).timestamp.tolist() == [20, 30, 10]
    assert Interactions.from_frame(FRAME, timestamp=None).timestamp is None


def test_written_interactions_are_read_and_split_as_they_were(tiny: Path, tmp_path: Path) -> None:
    data = Interactions.from_frame(pd.read_csv(tiny).sample(frac=1, random_state=1))
    again = read(write_interactions(data, tmp_path / "frame"))
    assert again.digest == data.digest
    one, two = Ratio()(data), Ratio()(again)
    assert np.array_equal(one.test.target.item, two.test.target.item)


def test_items_are_written_too(tmp_path: Path) -> None:
    data = Interactions.from_frame(FRAME, items=ITEMS)
    again = read([*write_interactions(data, tmp_path), f"dataset.cache={tmp_path}"])
    assert again.features.titles.tolist() == ["A", "B"]
    assert again.features.genre_names == data.features.genre_names
    assert (again.features.genres != data.features.genres).nnz == 0


def test_items_that_nobody_has_are_kept_for_the_whole_catalogue(tmp_path: Path) -> None:
    named = {"item": "id", "title": "its name", "genres": "kinds"}
    more = pd.DataFrame({"item": ["c"], "title": ["C"], "genres": ["z"]})
    items = pd.concat([ITEMS, more]).rename(columns=named).assign(item=1.5, price=[3, 2, 1])
    options = {"titles": "its name", "genres": "kinds", "released": None}
    frame = FRAME.rename(columns={"item": "id"})
    data = Interactions.from_frame(frame, item="id", items=items, **options)
    assert data.item_ids.tolist() == ["a", "b"]
    words = [*write_interactions(data, tmp_path), f"dataset.cache={tmp_path}"]
    assert read(words).features.titles.tolist() == ["A", "B"]
    everything = read(words, "all")
    assert everything.item_ids.tolist() == ["a", "b", "c"]
    assert everything.features.titles.tolist() == ["A", "B", "C"]
    kept = pd.read_parquet(tmp_path / "items.parquet")
    assert kept.columns.tolist() == ["item", "its name", "kinds", "price"]


def test_periods_are_times() -> None:
    days = pd.to_datetime(["2020-01-03", "2020-01-02", "2020-01-01"])
    frame = FRAME.assign(timestamp=days)
    expected = Interactions.from_frame(frame).timestamp.tolist()
    periods = Interactions.from_frame(frame.assign(timestamp=days.to_period("D")))
    assert periods.timestamp.tolist() == expected


def test_items_make_another_table() -> None:
    """Of interactions that are the same."""
    one, other = Interactions.from_frame(FRAME), Interactions.from_frame(FRAME, items=ITEMS)
    assert one.digest == other.digest
    assert table_digest(one) != table_digest(other)
    assert table_digest(Interactions.from_frame(FRAME)) == table_digest(one)


def test_refusals_name_the_frame() -> None:
    with pytest.raises(DataError, match=r"^the frame has no user column.*columns: who, item"):
        Interactions.from_frame(pd.DataFrame({"who": ["a"], "item": ["b"]}))
    with pytest.raises(DataError, match="cannot be written as a table"):
        Interactions.from_frame(pd.DataFrame({"user": [object()], "item": ["b"]}))


def test_weights_are_not_lost_unseen(tmp_path: Path) -> None:
    data = Interactions.from_frame(FRAME)
    weighed = replace(data, weight=np.ones(len(data), np.float32))
    with pytest.raises(DataError, match=r"from their file: dataset=csv"):
        write_interactions(weighed, tmp_path)
