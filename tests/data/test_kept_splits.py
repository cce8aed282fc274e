"""Splits of large data are made once, and made anew when anything that they depend on changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from helpers.tables import Write

from lrec.base.mapped_arrays import read_meta
from lrec.data import kept_splits
from lrec.data.cache_upkeep import DATA, SPLIT, VARIABLE, prepared_files, splits_without_data
from lrec.data.dataset.csv import CSV
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions
from lrec.data.kept_splits import kept_split
from lrec.data.queries import Split
from lrec.data.split import Splitter
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.data.split.ratio import Ratio
from lrec.data.split.user_holdout import UserHoldout

Load = Callable[[], Interactions]


@pytest.fixture
def load(write: Write, cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load data that counts as large: 60 users, some of one item only, with ratings and genres."""
    monkeypatch.setattr(kept_splits, "SMALLEST", 10)
    generator = np.random.default_rng(0)
    rows = [
        f"u{user},i{item},{generator.integers(1, 6)},{time}"
        for user in range(60)
        for time, item in enumerate(generator.permutation(40)[: generator.integers(1, 12)])
    ]
    table = write("a.csv", "\n".join(["user,item,rating,timestamp", *rows]))
    items = write("items.csv", "\n".join(["item,genres", *(f"i{i},g{i % 3}" for i in range(40))]))
    return lambda: CSV(table, items_path=items).load()


def parts(split: Split) -> dict[str, Histories]:
    queries = {"validation": split.validation, "test": split.test}
    return {"train": split.train} | {
        f"{part}/{name}": getattr(queries[part], name)
        for part in queries
        for name in ("history", "train_history", "target")
    }


def assert_same(ours: Split, other: Split) -> None:
    for name, histories in parts(ours).items():
        for field in fields(Histories):
            expected = getattr(parts(other)[name], field.name)
            np.testing.assert_array_equal(getattr(histories, field.name), expected)
    for name in ("ids", "popularity", "interactions", "n_users"):
        expected = getattr(other.catalogue, name)
        np.testing.assert_array_equal(getattr(ours.catalogue, name), expected)
    genres = (split.catalogue.features.genres.toarray() for split in (ours, other))
    np.testing.assert_array_equal(*genres)
    np.testing.assert_array_equal(ours.user_ids, other.user_ids)
    assert (ours.counts, ours.clock) == (other.counts, other.clock)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of splits that were made, and not found."""
    names: list[str] = []
    make = Splitter.__call__

    def counting(splitter: Splitter, data: Interactions) -> Split:
        names.append(splitter.name)
        return make(splitter, data)

    monkeypatch.setattr(Splitter, "__call__", counting)
    return names


@pytest.mark.parametrize("splitter", [LeaveOneOut(), Ratio(seed=3), UserHoldout()])
def test_second_split_is_the_first_mapped(
    splitter: Splitter, load: Load, cache_folder: Path, made: list[str]
) -> None:
    first, second = (kept_split(splitter, load(), cache_folder) for _ in range(2))
    assert made == [splitter.name]
    assert_same(second, first)
    assert not second.train.item.flags.writeable
    shared = first.validation.history is first.validation.train_history
    assert (second.validation.history is second.validation.train_history) == shared


def test_settings_data_and_code_make_another_split(
    load: Load, cache_folder: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = load()
    for splitter in (Ratio(seed=1), Ratio(seed=2), Ratio(seed=1, test=0.3), LeaveOneOut()):
        kept_split(splitter, data, cache_folder)
    kept_split(Ratio(seed=1), replace(data, digest="other"), cache_folder)
    monkeypatch.setattr(kept_splits, "code_digest", lambda components: "other")
    kept_split(Ratio(seed=1), data, cache_folder)
    assert len(made) == 6 == len(prepared_files(cache_folder, [SPLIT]))


def test_small_generated_and_known_data_is_split_each_time(
    load: Load, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = load()
    known = replace(data, known=np.where(data.timestamp == 0, 0, -1))
    kept_split(LeaveOneOut(), known, cache_folder)
    monkeypatch.setattr(kept_splits, "SMALLEST", len(data) + 1)
    kept_split(LeaveOneOut(), data, cache_folder)
    assert prepared_files(cache_folder, [SPLIT]) == []


def test_damage_is_noticed_and_mended(load: Load, cache_folder: Path, made: list[str]) -> None:
    first = kept_split(LeaveOneOut(), load(), cache_folder)
    (path,) = prepared_files(cache_folder, [SPLIT])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="is damaged .*: splitting again"):
        assert_same(kept_split(LeaveOneOut(), load(), cache_folder), first)
    assert_same(kept_split(LeaveOneOut(), load(), cache_folder), first)
    assert len(made) == 2


def test_repeated_items_are_noted_each_time(
    write: Write, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_splits, "SMALLEST", 1)
    table = write("b.csv", "user,item,timestamp\na,x,1\na,y,2\na,x,3\nb,y,1\nb,x,2\n")
    for _ in range(2):
        with pytest.warns(UserWarning, match="1 of 2 test targets are items that the user has"):
            kept_split(LeaveOneOut(), CSV(table, duplicates="keep").load(), cache_folder)


def test_folder_that_cannot_be_written_only_warns(load: Load, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="the split could not be kept in"):
        split = kept_split(LeaveOneOut(), load(), tmp_path / "file" / "cache")
    assert len(split.test)


def test_limit_removes_splits_before_data(
    load: Load,
    cache_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    recwarn: pytest.WarningsRecorder,
) -> None:
    data = load()
    (prepared,) = prepared_files(cache_folder)
    kept_split(Ratio(seed=1), data, cache_folder)
    (first,) = prepared_files(cache_folder, [SPLIT])
    monkeypatch.setenv(VARIABLE, str(prepared.stat().st_size + first.stat().st_size + 2000))
    kept_split(Ratio(seed=2), data, cache_folder)
    (second,) = prepared_files(cache_folder, [SPLIT])
    assert second != first
    monkeypatch.setenv(VARIABLE, str(prepared.stat().st_size))
    kept_split(Ratio(seed=2), data, cache_folder)
    assert prepared_files(cache_folder, [SPLIT]) == []
    assert prepared_files(cache_folder) == [prepared]
    assert [str(w.message) for w in recwarn if "cache was larger" in str(w.message)] == []


def test_splits_go_with_their_data(load: Load, cache_folder: Path) -> None:
    data = load()
    kept_split(LeaveOneOut(), data, cache_folder)
    (prepared,), (split,) = (prepared_files(cache_folder, kind) for kind in (DATA, [SPLIT]))
    assert read_meta(split)["data"] == data.digest
    assert splits_without_data(cache_folder, []) == []
    assert splits_without_data(cache_folder, [prepared]) == [split]
    split.write_bytes(b"damaged")
    assert splits_without_data(cache_folder, []) == [split]
