"""Arrow reads text tables as pandas does, or leaves them to it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from lrec.data.tables import reading
from lrec.data.tables.plain_text import read_plain
from lrec.data.tables.reading import read_table

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
    monkeypatch.setattr(reading, "read_plain", lambda *_: None)
    pd.testing.assert_frame_equal(plain, read_table(path, separator))


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_what_could_differ_is_left_to_pandas(text: str, tmp_path: Path) -> None:
    assert read_plain(written(tmp_path, text), ",") is None


def test_other_bytes_are_left_to_pandas(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("user,item\ná,x\n".encode("latin-1"))
    assert read_plain(path, ",") is None
