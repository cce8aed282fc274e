"""The benchmark of EASE and ItemKNN, at its smallest and without its peers."""

from __future__ import annotations

import json
from pathlib import Path

import benchmark_baselines
import numpy as np
import pytest
from harness import load


def test_one_side(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    train = load(str(tiny)).train
    np.savez(tmp_path / "pairs.npz", offsets=train.offsets, item=train.item)
    benchmark_baselines.main(["--pairs", str(tmp_path / "pairs.npz"), "--repeats", "2"])
    results = json.loads(capsys.readouterr().out)
    assert results.keys() == {"itemknn lrec", "ease lrec"}
    assert all(len(result["seconds"]) == 2 for result in results.values())
    benchmark_baselines.report(results, ["itemknn", "ease"])
    assert "times lrec's)  probe" in capsys.readouterr().out
