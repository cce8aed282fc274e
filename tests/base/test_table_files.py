"""Parquet files with their own digest."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from lrec.base.table_files import read_parquet, write_parquet

TABLE = pd.DataFrame(
    {"user": ["a", "b", None], "items": [["x"], ["y", "z"], []], "ndcg": [0.5, 1, 0]}
)


@pytest.mark.parametrize("index", [False, True])
def test_table_comes_back_as_it_was_and_others_can_read_it(index: bool, tmp_path: Path) -> None:
    path = tmp_path / "users.parquet"
    write_parquet(path, TABLE, index)
    plain = tmp_path / "plain.parquet"
    TABLE.to_parquet(plain, index=index)  # as an older lrec wrote it
    assert pd.read_parquet(path).to_json() == read_parquet(path).to_json()
    assert read_parquet(path).to_json() == read_parquet(plain).to_json()
    assert read_parquet(path).columns.tolist() == TABLE.columns.tolist()


@pytest.mark.parametrize("what", [b"PAR1\x15", b"lrec.sha256\x18@"])
def test_damage_is_noticed(what: bytes, tmp_path: Path) -> None:
    path = tmp_path / "users.parquet"
    write_parquet(path, TABLE)
    content = bytearray(path.read_bytes())
    place = content.index(what) + len(what)  # in the first column, and in the digest itself
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="the digest in it is of other content"):
        read_parquet(path)
