"""Fixtures of files and of a cache folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.tables import Write


@pytest.fixture
def cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache of prepared data for one test."""
    monkeypatch.setenv("LREC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writer of a file by its name; returns its path."""

    def write(name: str, content: str | bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write
