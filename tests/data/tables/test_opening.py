"""Encodings: damaged UTF-8 is refused, other text is read with a note."""

from __future__ import annotations

import pytest
from helpers.tables import Write, refused, rows

from lrec.data.dataset.csv import CSV
from lrec.data.tables.opening import encoding_of

pytestmark = pytest.mark.usefixtures("cache_folder")

TITLES = "user,item\n" + "".join(f"josé{n},Amélie\n" for n in range(20))


def test_one_damaged_byte_does_not_make_utf_8_another_encoding(write: Write) -> None:
    content = bytearray(TITLES.encode())
    content[TITLES.encode().index(b"7,")] = 0xFF
    path = write("a.csv", bytes(content))
    message = refused(CSV(path))
    for words in (path, "UTF-8 but for 1 damaged bytes", "0xff in line 9", "dataset.encoding="):
        assert words in message
    assert "josÃ©3" in CSV(path, encoding="cp1252").load().user_ids


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_other_text_is_read_with_a_note(write: Write, encoding: str) -> None:
    path = write("a.csv", TITLES.encode(encoding))
    with pytest.warns(UserWarning, match=r"no UTF-8 text.*read as cp1252.*dataset\.encoding"):
        assert rows(CSV(path).load())[0][:2] == ("josé0", "Amélie")


def test_what_windows_does_not_know_is_latin_1(write: Write) -> None:
    with pytest.warns(UserWarning, match="read as latin-1"):
        data = CSV(write("a.csv", b"user,item\n\xe9,\x81\n")).load()
    assert rows(data)[0][:2] == ("é", "\x81")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_recognised(write: Write, encoding: str) -> None:
    content = TITLES.encode(encoding)
    assert content.decode(encoding_of(content)).lstrip("\ufeff") == TITLES
    assert rows(CSV(write("a.csv", content)).load())[0][:2] == ("josé0", "Amélie")
