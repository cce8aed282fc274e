"""Arrow reads text tables as pandas does, or leaves them to it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd
import pytest

from lrec.data.tables.reading import read_table
from lrec.data.tables.text import parsing
from lrec.data.tables.text.plain_text import read_plain

PLAIN = {
    "comma": "user,item,rating\na,x,1\nb,,2.50\n",
    "tab": "user\titem\na\tx \n\nb\ty\n",
    "Windows": "user;item\r\na;x\r\nb;\r\n",
    "mark": "\ufeffuser,item\né,☃\n",
    "no last newline": "user,item\n007,1e3\nnan,NULL",
    "one row": "user,item\na,x\n",
}
OTHER = {
    "quotes": 'user,item\n"a",x\n',
    "blanks": "user, item\na, x\n",
    "short row": "user,item\na\n",
    "long row": "user,item\na,b,c\n",
    "same names": "user,user\na,b\n",
    "no name": "user,\na,b\n",
    "old Macs": "user,item\ra,b\r",
    "empty": "",
}


def written(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_it_is_the_table_that_pandas_reads(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, text)
    separator = next(letter for letter in ",\t;" if letter in text)
    plain = read_plain(path, separator)
    assert plain is not None
    monkeypatch.setattr(parsing, "read_plain", lambda *_: None)
    pd.testing.assert_frame_equal(plain, read_table(path, separator))


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_what_could_differ_is_left_to_pandas(text: str, tmp_path: Path) -> None:
    assert read_plain(written(tmp_path, text), ",") is None


def test_other_bytes_are_left_to_pandas(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("user,item\ná,x\n".encode("latin-1"))
    assert read_plain(path, ",") is None


def test_columns_may_be_read_as_what_they_hold(tmp_path: Path) -> None:
    path = written(tmp_path, "user,item:token,rating,title\n07,x,1,5\n07,,2.5,6\n8,x,,7\n")
    asked = []

    def kinds(columns: list[str]) -> dict[str, Literal["id", "number"]]:
        asked.append(columns)
        return {"user": "id", "item": "id", "rating": "number"}

    frame = read_plain(path, ",", kinds)
    assert frame is not None
    assert asked == [["user", "item", "rating", "title"]]
    assert frame["user"].tolist() == ["07", "07", "8"]
    assert frame["item:token"].isna().tolist() == [False, True, False]
    assert frame["rating"].iloc[:2].tolist() == [1, 2.5]
    assert frame["rating"].isna().tolist() == [False, False, True]
    assert [str(kind) for kind in frame.dtypes] == ["category", "category", "float64", "str"]


def test_a_column_with_words_stays_text(tmp_path: Path) -> None:
    path = written(tmp_path, "user,rating,time\na,1,2\na,good,3\n")
    frame = read_plain(path, ",", lambda _: {"user": "id", "rating": "number", "time": "number"})
    assert frame is not None
    assert frame["rating"].tolist() == ["1", "good"]
    assert str(frame["user"].dtype) == "category"


def test_blanks_before_ids_are_left_to_pandas(tmp_path: Path) -> None:
    path = written(tmp_path, "user,rating\na,1\n b,2\n")
    assert read_plain(path, ",", lambda _: {"user": "id", "rating": "number"}) is None
