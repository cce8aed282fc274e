"""Files that are there whole or not at all; what killed processes left is removed."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from lrec.base.files import HOST, digest_of_values, remove_leftovers, whole, write_text

DEAD = 2**22 + 1  # above the largest number that Linux gives a process


def test_next_file_in_a_folder_removes_what_killed_processes_left(tmp_path: Path) -> None:
    kept = [
        "ml-1m.zip.partial",  # of a download, which goes on
        "a.2019.partial",
        f"a.{os.getppid()}@{HOST}.partial.txt",
        f"a.{DEAD}@{HOST}x.partial.txt",  # of another machine
    ]
    for name in (*kept, f"a.{DEAD}@{HOST}.partial.txt", f"m.{DEAD}@{HOST}.partial.db-journal"):
        (tmp_path / name).write_text("half")
    write_text(tmp_path / "b.txt", "whole")
    assert sorted(os.listdir(tmp_path)) == sorted([*kept, "b.txt"])


def test_folders_below_are_left_unless_they_are_meant(tmp_path: Path) -> None:
    path = tmp_path / "model" / f"state.{DEAD}@{HOST}.partial.npz"
    path.parent.mkdir()
    path.write_bytes(b"half")
    remove_leftovers(tmp_path)
    assert path.exists()
    remove_leftovers(tmp_path, below=True)
    assert not path.exists()
    remove_leftovers(tmp_path / "nowhere", below=True)


def test_full_disk_names_the_file_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a [1].txt"

    def fill() -> None:
        with whole(path) as partial:
            partial.write_text("half")
            partial.with_name(f"{partial.name}-journal").write_text("half")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match=r"No space left on device.*a \[1\]\.txt") as caught:
        fill()
    assert caught.value.filename == str(path)
    assert os.listdir(tmp_path) == []


def test_digest_of_values_goes_by_content() -> None:
    digest = digest_of_values({"a": 1, "b": [None, {"c": 2.5}]})
    assert digest == digest_of_values({"b": [None, {"c": 2.5}], "a": 1})
    assert digest != digest_of_values({"a": 1, "b": [None, {"c": 2}]})
