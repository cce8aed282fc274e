"""The benchmark of evaluation, at its smallest and without its peer."""

from __future__ import annotations

import json
from pathlib import Path

import benchmark_evaluation as benchmark
import pytest


def test_one_side(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    benchmark.main(["--side", "--data", str(tiny), "--repeats", "2"])
    result = json.loads(capsys.readouterr().out)
    assert len(result["seconds"]) == 2
    assert result["means"].keys() == benchmark.METRICS.keys()
    assert 0 < result["means"]["ndcg"] < result["means"]["hit"] <= 1
    peer = result | {"collecting": [0.5], "seconds": [2 * max(result["seconds"])] * 2}
    printed = benchmark.table({"lrec": [result], "LensKit": [peer]})
    assert f"{result['lists']} lists of 20:" in printed
    assert "0.500 s" in printed
