"""Large files are refused by their first rows, in every form that can be read in parts."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from helpers.tables import Write, refused, rows

from lrec.data import dataset
from lrec.data.dataset.csv import CSV
from lrec.data.dataset.movielens import MovieLens
from lrec.data.tables.reading import read_table

pytestmark = pytest.mark.usefixtures("cache_folder")
FRAME = pd.DataFrame({"who": [f"u{n % 9}" for n in range(200)], "item_id": range(200)})


def written(write: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


TEXT = FRAME.to_csv(index=False).encode()
LINES = FRAME.to_json(orient="records", lines=True).encode()
FORMS = {
    "a.csv": TEXT,
    "a.tsv": FRAME.to_csv(index=False, sep="\t").encode("utf-16"),
    "a.csv.gz": gzip.compress(TEXT),
    "a.parquet": written(lambda file: FRAME.set_index("who").to_parquet(file)),
    "plain.parquet": written(lambda file: FRAME.to_parquet(file)),
    "a.feather": written(lambda file: FRAME.to_feather(file)),
    "a.jsonl": LINES,
}


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "LARGE", 1)
    monkeypatch.setattr(dataset, "FIRST", 10)


@pytest.mark.parametrize(("name", "content"), FORMS.items(), ids=FORMS)
def test_the_first_rows_are_those_of_the_whole(write: Write, name: str, content: bytes) -> None:
    path = Path(write(name, content))
    first, whole = read_table(path, rows=10), read_table(path)
    assert len(first) == 10
    assert len(whole) == 200
    pd.testing.assert_frame_equal(first, whole.head(10))


@pytest.mark.parametrize(("name", "content"), FORMS.items(), ids=FORMS)
def test_a_bad_column_is_told_without_reading_the_rest(
    write: Write, name: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CSV, "read", None)
    message = refused(CSV(write(name, content)))
    assert "has no user column" in message
    assert message.endswith("(Found in the first 10 rows; the others were not read.)")


def test_items_file_is_looked_at_in_the_same_breath(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CSV, "read", None)
    items = write("items.csv", "name\nWhy\n")
    message = refused(CSV(write("a.csv", TEXT), items_path=items))
    assert message.startswith("the data has 2 problems: (1) ")
    assert f"(2) {items} has no item column" in message


def test_what_is_wrong_later_is_found_later(write: Write) -> None:
    text = "user,item,rating\n" + "a,x,1\n" * 20 + "b,y,good\n"
    assert "data row 21" in refused(CSV(write("a.csv", text)))
    movies = "userId,movieId,rating,timestamp\n" + "1,2,bad,3\n" * 20
    message = refused(MovieLens(write("ratings.csv", movies)))
    assert "10 values in column rating are not a number" in message
    assert "Found in the first 10 rows" in message


def test_good_files_are_read_to_their_end(write: Write) -> None:
    """Also where the last of the first rows ends within a quoted cell of several lines."""
    text = "user,item,review\n" + 'a,x,"one\ntwo"\n' + "".join(f"b,{n},\n" for n in range(40))
    assert len(rows(CSV(write("a.csv", text)).load())) == 41
