"""An index of many items is built once for its vectors and settings; a damaged file is no index."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lrec.data import cache_upkeep
from lrec.evaluation.approximate import hnsw_index, kept_index
from lrec.evaluation.approximate.hnsw_index import HnswIndex
from lrec.model.common.factorised_scores import FactorisedScores

pytest.importorskip("voyager")
VECTORS = np.random.default_rng(4).normal(size=(60, 8)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, in which indices of sixty items are kept."""
    for module in (kept_index, hnsw_index):
        monkeypatch.setattr(module, "SMALLEST", 60)
    monkeypatch.setenv("LREC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def index_of(vectors: np.ndarray) -> tuple[HnswIndex, list[str]]:
    told: list[str] = []
    scores = FactorisedScores(vectors, lambda histories: VECTORS[: len(histories)])
    return HnswIndex(scores, told.append), told


def test_it_is_built_once_and_finds_the_same(folder: Path) -> None:
    built, told = index_of(VECTORS)
    assert not built.is_kept
    assert told == ["retrieval=hnsw: building the index of 60 items; it is kept in the cache"]
    kept, told = index_of(VECTORS)
    assert kept.is_kept
    assert told == []
    found = [index.search(VECTORS[:9], 5) for index in (built, kept)]
    assert np.array_equal(*found)
    assert len(list(folder.iterdir())) == 1


def test_other_vectors_or_settings_are_another_index(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_of(VECTORS)
    assert not index_of(VECTORS + np.float32(0.1))[0].is_kept
    monkeypatch.setattr(hnsw_index, "BUILD_DEPTH", 90)
    assert not index_of(VECTORS)[0].is_kept
    assert len(list(folder.iterdir())) == 3


def test_damaged_file_is_built_again(folder: Path) -> None:
    index_of(VECTORS)
    (path,) = folder.iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert not index_of(VECTORS)[0].is_kept
    assert index_of(VECTORS)[0].is_kept


def test_few_items_are_not_kept(folder: Path) -> None:
    index, told = index_of(VECTORS[:59])
    assert not index.is_kept
    assert told == []
    assert not folder.exists()


def test_folder_that_cannot_be_written_only_warns(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.warns(UserWarning, match="the index could not be kept"):
        assert not index_of(VECTORS)[0].is_kept


def test_indices_go_before_data_when_the_cache_is_full(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_of(VECTORS)
    data = folder / f"{'0' * 64}{cache_upkeep.DATA[0]}"
    data.write_bytes(bytes(100))
    monkeypatch.setenv(cache_upkeep.VARIABLE, "200")
    cache_upkeep.limit_size(data)
    assert list(folder.iterdir()) == [data]
