"""Generated sets for measurements: the same rows every time, of the shape that is promised."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import scale_data


def test_ratings_are_long_tailed_and_unique() -> None:
    table = scale_data.ml20m_like(users=300, items=900, ratings=9_000)
    assert table.equals(scale_data.ml20m_like(users=300, items=900, ratings=9_000))
    assert len(table) <= 9_000
    assert not table.duplicated(["userId", "movieId"]).any()
    assert table["rating"].between(0.5, 5).all()
    counts = table["movieId"].value_counts()
    assert counts.iloc[:90].sum() > 2 * counts.iloc[-90:].sum()


def test_wide_catalogue_has_short_histories() -> None:
    table = scale_data.wide(users=200, items=5_000)
    assert not table.duplicated(["user_id", "item_id"]).any()
    assert table["user_id"].nunique() == 200
    assert table["user_id"].value_counts().median() < 20


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = scale_data.wide(users=20, items=50)
    for name in ("ml20m_like", "wide"):
        monkeypatch.setattr(scale_data, name, lambda: small)
    scale_data.main([str(tmp_path / "sets")])
    for name in ("ml20m_like.parquet", "wide.parquet"):
        assert pd.read_parquet(tmp_path / "sets" / name).equals(small.reset_index(drop=True))
    assert len(pd.read_csv(tmp_path / "sets" / "ml20m_like.csv")) == len(small)
