"""Interactions from data frames and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

from lrec.base.errors import ConfigError, DataError
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


def test_parts_of_a_ready_made_split_are_written_too(tmp_path: Path) -> None:
    parts = ["train", "val", "test"]
    data = Interactions.from_frame(FRAME.assign(kind=parts), part="kind")
    again = read(write_interactions(data, tmp_path))
    assert data.part is not None
    assert again.part is not None
    assert again.part.tolist() == data.part.tolist() == [1, 0, 2]
    assert again.digest == data.digest


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"missing": "drp"}, r"missing must be one of error, drop \(did you mean drop\?\)"),
        ({"missing_rating": "medain"}, "missing_rating must be one of .*median.*'medain'"),
        ({"duplicates": "frst"}, "duplicates must be one of .*did you mean first"),
        ({"order": "tme"}, "order must be one of time, file"),
        ({"time_unit": "msec"}, "time_unit must be one of .*did you mean ms"),
        ({"decimal": "komma"}, "decimal must be one of .*did you mean comma"),
        ({"k_core": 2.5}, r"k_core must be a whole number. Received: 2.5 \(float\)"),
        ({"k_core": "5"}, "k_core must be a whole number"),
        ({"k_core": -1}, "k_core must be 0"),
        ({"min_rating": float("nan")}, "min_rating must be a finite number"),
        ({"min_rating": "four"}, "min_rating must be a finite number"),
        ({"behaviors": ["view"]}, "behaviors must be a mapping"),
        ({"targets": "purchase"}, "targets must be a list"),
        ({"user": None}, "user must be text"),
        ({"usr": "x"}, r"usr: no such key \(did you mean user\?\)"),
        ({"items_path": "nope.csv"}, r"items_path: no such key \(did you mean items\?\)"),
        ({"items": {"item": ["a"]}}, "items must be a pandas DataFrame.*Received: dict"),
    ],
)
def test_options_are_checked_as_the_command_line_checks_them(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        Interactions.from_frame(FRAME, **options)


@pytest.mark.parametrize("frame", [None, {"user": [1], "item": [2]}, "ratings.csv", FRAME["user"]])
def test_what_is_no_frame_is_refused(frame: Any) -> None:
    with pytest.raises(ConfigError, match="frame must be a pandas DataFrame"):
        Interactions.from_frame(frame)


def test_numbers_of_numpy_are_numbers() -> None:
    rated = FRAME.assign(rating=[1, 2, 3])
    assert len(Interactions.from_frame(rated, min_rating=np.int64(2))) == 2


def test_errors_name_arguments_and_not_keys_of_a_config() -> None:
    with pytest.raises(DataError, match=r"^1 of 3 rows .*: choose missing_rating=drop") as caught:
        Interactions.from_frame(FRAME.assign(rating=[1, None, 3]))
    assert "dataset." not in str(caught.value)


def test_repr_counts_what_is_there_and_what_was_removed() -> None:
    data = Interactions.from_frame(FRAME)
    assert repr(data) == "Interactions(2 users, 2 items, 3 interactions)"
    twice = Interactions.from_frame(pd.concat([FRAME, FRAME]))
    assert repr(twice).startswith("Interactions(2 users, 2 items, 3 interactions; removed: 3 ")
    assert data == data
    assert data != twice
    assert data.digest == twice.digest
