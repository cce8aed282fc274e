"""The benchmark of the transformer, at its smallest and without its peer."""

from __future__ import annotations

import json
from pathlib import Path

import benchmark_attention as benchmark
import numpy as np
import pytest


def test_both_sides(
    tiny: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {"embedding_size": 8, "negatives": 16, "dropout": 0.0, "loss": "softmax"}
    monkeypatch.setattr(benchmark, "MODEL", benchmark.MODEL | small)
    results = {}
    for side in (benchmark.LREC, benchmark.PADDED):
        benchmark.main(["--side", side, "--data", str(tiny), "--epochs", "1"])
        results[side] = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert len(results[side]["epochs"]) == len(results[side]["ndcg@10"]) == 1
    one, other = (result["ndcg@10"] for result in results.values())
    np.testing.assert_allclose(one, other, atol=0.02)  # padding changes nothing but the cost
    benchmark.report(results | {benchmark.RECBOLE: results[benchmark.LREC]})
    assert "RecBole reaches NDCG@10" in capsys.readouterr().out
