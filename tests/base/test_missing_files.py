"""Hints at files that are not where they were looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrec.base.missing_files import looked_in


def test_folder_and_similar_file_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders.csv").touch()
    monkeypatch.chdir(tmp_path)
    expected = f"(looked in {tmp_path}; did you mean orders.csv?)"
    assert looked_in(Path("order.csv")) == looked_in(tmp_path / "order.csv") == expected
    assert looked_in(Path("x.parquet")) == f"(looked in {tmp_path})"


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert looked_in(folder / "a.csv") == f"(there is no folder {folder})"
