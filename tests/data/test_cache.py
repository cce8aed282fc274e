"""Prepared data: kept by content and settings, made anew where it is damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from helpers.tables import ITEMS, ROWS, TABLE, Write, rows

from lrec.data import cache
from lrec.data.dataset import FileDataset
from lrec.data.dataset.csv import CSV
from lrec.data.interactions import Interactions

pytestmark = pytest.mark.usefixtures("cache_folder")


def forget_how_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(self: FileDataset, path: Path) -> NoReturn:
        raise AssertionError("parsed again")

    monkeypatch.setattr(CSV, "read", read)


def same(one: Interactions, other: Interactions) -> bool:
    assert one.features.genre_names == other.features.genre_names
    np.testing.assert_array_equal(one.features.titles, other.features.titles)
    genres = [data.features.genres for data in (one, other)]
    dense = [None if flags is None else flags.toarray() for flags in genres]
    np.testing.assert_array_equal(*dense)
    return (rows(one), one.audit, one.digest, one.clock) == (
        rows(other),
        other.audit,
        other.digest,
        other.clock,
    )


def test_prepared_data_is_not_parsed_again(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    items = write("items.csv", ITEMS)
    source = CSV(write("a.csv", TABLE), items_path=items, min_rating=3, clock=False)
    plain = CSV(write("b.csv", "user,item\na,x\n"))
    first, bare = source.load(), plain.load()
    forget_how_to_read(monkeypatch)
    assert same(source.load(), first)
    assert rows(plain.load()) == rows(bare) == [("a", "x", None, None)]
    moved = CSV(write("elsewhere.csv", TABLE), items_path=items, min_rating=3, clock=False)
    assert same(moved.load(), first)


def test_another_setting_is_prepared_anew(write: Write) -> None:
    path = write("a.csv", TABLE)
    assert len(CSV(path).load()) == 3
    assert len(CSV(path, min_rating=4).load()) == 1
    assert rows(CSV(path, user="item", item="user").load())[0] == ("x", "b", 3, 30)
    assert CSV(path, rating=None).load().rating is None


def test_a_changed_file_is_parsed_again(write: Write) -> None:
    items = write("items.csv", ITEMS)
    assert len(CSV(write("a.csv", TABLE), items_path=items).load()) == 3
    path = write("a.csv", TABLE + "c,x,1,1\n")
    assert len(CSV(path, items_path=items).load()) == 4
    write("items.csv", ITEMS.replace("Why", "How"))
    assert CSV(path, items_path=items).load().features.titles.tolist() == ["", "How: a film"]


def prepared(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: b"no archive", id="other"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut"),
        pytest.param(lambda data: data[:100] + b"\xff" * 60 + data[160:], id="overwritten"),
        pytest.param(lambda data: data[:-1] + bytes([data[-1] ^ 1]), id="digest"),
    ],
)
def test_damaged_cache_is_rebuilt(
    write: Write, cache_folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    source = CSV(write("a.csv", TABLE), items_path=write("items.csv", ITEMS))
    first = source.load()
    path = prepared(cache_folder)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    with pytest.warns(UserWarning, match="is damaged") as caught:
        again = source.load()
    assert "\n" not in str(caught[0].message)
    assert same(again, first)
    assert prepared(cache_folder).read_bytes() == whole


@pytest.mark.parametrize("inside", ["", "deep/er"])
def test_an_unwritable_cache_is_only_a_warning(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    blocked = Path(write("blocked", "a file, not a folder"))
    monkeypatch.setenv("LREC_CACHE", str(blocked / inside))
    with pytest.warns(UserWarning, match="could not be kept in .*blocked"):
        data = CSV(write("a.csv", TABLE)).load()
    assert rows(data) == ROWS
    assert blocked.is_file()


def test_a_full_disk_is_only_a_warning(
    write: Write, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "write_mapped", fail)
    with pytest.warns(UserWarning, match="No space left"):
        data = CSV(write("a.csv", TABLE)).load()
    assert rows(data) == ROWS
    assert list(cache_folder.iterdir()) == []


def test_the_cache_folder_can_be_chosen(write: Write, tmp_path: Path, cache_folder: Path) -> None:
    CSV(write("a.csv", TABLE), cache=str(tmp_path / "mine")).load()
    assert prepared(tmp_path / "mine").suffix == ".data"
    assert not cache_folder.exists()
