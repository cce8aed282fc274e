"""Loading for commands: once a process, and with all that is wrong told at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers.composing import checked, composed
from helpers.tables import TABLE

from lrec.base.errors import DataError
from lrec.commands.loading import load_data
from lrec.commands.settings import RunSettings
from lrec.data.cleaning.coding import content_digest
from lrec.data.dataset.csv import CSV


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LREC_CACHE", str(tmp_path / "cache"))


def settings(path: Path, *words: str) -> RunSettings:
    return checked(composed("dataset=csv", f"dataset.path={path}", *words))


def test_runs_of_one_process_share_their_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TABLE)
    data = load_data(settings(path, "model=popularity"))
    with monkeypatch.context() as patch:
        patch.setattr(CSV, "load", None)
        assert load_data(settings(path, "model=ease", "seed=2")) is data
        assert content_digest(data.in_file_order()) == data.digest
        with pytest.raises(TypeError):
            load_data(settings(path, "dataset.k_core=1"))
    path.write_text(TABLE + "c,x,1,40\n")
    os.utime(path, (1, 1))
    assert len(load_data(settings(path))) == len(data) + 1


def test_files_are_noted_when_they_are_prepared_and_doubtful_data_each_time(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TABLE + "NA,x,1,40\n")
    odd, old = "1 rows have the user id NA", "all times lie before 1990"
    loads = (lambda: load_data(settings(path)), settings(path).dataset.load)
    for load, expected in zip((*loads[:1], *loads), ([odd, old], [old], [old]), strict=True):
        with pytest.warns(UserWarning, match="1990") as noted:
            load()
        texts = [str(note.message) for note in noted]
        assert [word for word in (odd, old) if any(word in text for text in texts)] == expected


def test_times_that_the_split_needs_are_told_with_the_other_problems(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("customer,sku,price\na,x,1\n,y,2\n")
    with pytest.raises(DataError) as error:
        load_data(settings(path))
    message = str(error.value)
    assert message.startswith("the data has 2 problems: (1) 1 of 2 rows have no user id")
    assert "(2) split=global_time needs to know" in message
    assert "(its columns: customer, sku, price). Name their column in dataset.timestamp" in message
    with pytest.raises(DataError) as error:
        load_data(settings(path, "split=ratio"))
    assert "timestamps" not in str(error.value)
    path.write_text("customer,sku,ordered_at\na,x,soon\n,y,2021-03-01\n")
    with pytest.raises(DataError) as error:  # times that could not be read are no second problem
        load_data(settings(path, "dataset.timestamp=ordered_at"))
    assert "2 problems" in str(error.value)
    assert "split=" not in str(error.value)


def test_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    path, items, vectors = (tmp_path / name for name in ("a.csv", "items.csv", "vectors.csv"))
    path.write_text("user,item,rating\na,x,good\nb,y,3\n")
    items.write_text("item,title\nz,Why\n")
    vectors.write_text("id,0,1\nx,1,2\n")
    words = (f"dataset.items_path={items}", "feature=vectors", f"feature.vectors.path={vectors}")
    words = (*words, "split=ratio")
    with pytest.raises(DataError) as error:
        load_data(settings(path, *words))
    message = str(error.value)
    assert message.startswith("the data has 3 problems: (1) 1 values in column rating")
    assert "(2) the items file has no row for any of the 2 items. Its ids: z" in message
    assert f"(3) {vectors} has no item column under a usual name. Its columns: id, 0, 1" in message


def test_odd_ids_of_items_files_are_noted_as_those_of_the_table_are(tmp_path: Path) -> None:
    path, items = tmp_path / "a.csv", tmp_path / "items.csv"
    path.write_text(TABLE)
    items.write_bytes(b"item,title\nx,Caf\xe9\nx ,Twice\nnull,None\n")
    with pytest.warns(UserWarning, match="is no UTF-8 text") as notes:
        load_data(settings(path, f"dataset.items_path={items}"))
    texts = [str(note.message) for note in notes]
    assert any(text.startswith(f"{items} is no UTF-8 text") for text in texts)
    assert any(text.startswith("items.csv, column item: 1 rows have the item id") for text in texts)
    assert any(
        "items.csv, column item: 2 item ids differ from each other only in" in t for t in texts
    )
