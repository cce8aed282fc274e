"""Files of arrays: what is written comes back, and nothing else does."""

from __future__ import annotations

import os
import signal
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lrec.base.array_files import read_arrays, write_arrays

ARRAYS = {"a": np.arange(5.0), "b": np.array(["x", "yz"]), "c/d": np.array(3), "e": np.zeros(0)}


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_come_back_and_numpy_reads_the_file(compressed: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_arrays(path, ARRAYS, compressed)
    found = read_arrays(path)
    with np.load(path, allow_pickle=False) as plain:
        assert list(found) == list(ARRAYS) == plain.files
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(found[name], array)
            np.testing.assert_array_equal(plain[name], array)
            assert found[name].dtype == array.dtype
    assert os.listdir(tmp_path) == ["a.npz"]


def test_other_numbers_that_numpy_reads_without_a_word_are_refused(tmp_path: Path) -> None:
    """One bit of the header's length: 32 blanks of the header become four numbers."""
    path, array = tmp_path / "a.npz", np.arange(2000.0)
    write_arrays(path, {"a": array})
    content = bytearray(path.read_bytes())
    content[content.index(b"\x93NUMPY") + 8] ^= 0x20
    path.write_bytes(content)
    with np.load(path) as plain:
        np.testing.assert_array_equal(plain["a"][4:], array[:-4])
    with pytest.raises(ValueError, match="is of other content"):
        read_arrays(path)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 32, b"x" * 99])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match="is of other content"):
        read_arrays(tmp_path / "a.npz")


def test_a_file_without_a_digest_is_read_where_that_is_allowed(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **ARRAYS)
    with pytest.raises(ValueError, match="is of other content"):
        read_arrays(tmp_path / "a.npz")
    assert read_arrays(tmp_path / "a.npz", sealed=False).keys() == ARRAYS.keys()


def test_ctrl_c_waits_for_the_end_of_an_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within one, closing it would raise another error in the place of the interruption."""
    opened = zipfile.ZipFile._open_to_write  # type: ignore[attr-defined]

    def interrupted(*arguments: Any, **options: Any) -> Any:
        handle = opened(*arguments, **options)
        signal.raise_signal(signal.SIGINT)
        return handle

    monkeypatch.setattr(zipfile.ZipFile, "_open_to_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_arrays(tmp_path / "a.npz", ARRAYS)
    assert os.listdir(tmp_path) == []
