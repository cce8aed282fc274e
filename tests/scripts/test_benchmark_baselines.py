"""The benchmark of EASE, ItemKNN and iALS, at its smallest and without its peers."""

from __future__ import annotations

import json
from pathlib import Path

import benchmark_baselines as benchmark
import numpy as np
import pytest
import scipy.sparse as sp
from benchmarking.splits import load
from peers.baselines import ndcg


def test_one_side(
    tiny: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(benchmark.peers, "FACTORS", 4)
    benchmark.save_pairs(tmp_path / "pairs.npz", load(str(tiny)))
    benchmark.main(["--pairs", str(tmp_path / "pairs.npz"), "--repeats", "2"])
    found = json.loads(capsys.readouterr().out)
    assert found.keys() == {"itemknn lrec", "ease lrec", "ials lrec"}
    assert all(len(result["seconds"]) == 2 for result in found.values())
    assert 0 < found["ials lrec"]["ndcg@10"] < 1
    peer = {"itemknn other 1.0": {"seconds": [1.0, 2.0], "probe": 3.0}}
    sizes = {"n_users": 1, "n_items": 2, "n_train": 3}
    printed = benchmark.table(
        {"lrec": [{"models": found, **sizes}], "peers": [{"models": peer, **sizes}]}
    )
    assert "| itemknn other 1.0 | 1.50 s |" in printed
    assert "| 3.0000 | – |" in printed


def test_targets_of_a_split(tiny: Path, tmp_path: Path) -> None:
    split = load(str(tiny))
    benchmark.save_pairs(tmp_path / "pairs.npz", split)
    with np.load(tmp_path / "pairs.npz") as stored:
        target = stored["target"]
    assert (target == -1).any()  # of users with too few interactions for validation
    user = split.validation.user[3]
    row = np.flatnonzero(split.train.user == user)[0]
    assert target[row] == split.validation.target.item[split.validation.target.offsets[3]]


def test_quality_ranks_without_what_a_user_has() -> None:
    matrix = sp.csr_matrix(np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0]]))
    scores = np.array([[9.0, 5.0, 1.0], [3.0, 9.0, 1.0], [1.0, 2.0, 3.0]])
    value = ndcg(lambda rows: scores[rows], matrix, np.array([2, 0, -1]))
    assert value == pytest.approx((1 / np.log2(3) + 1) / 2)
