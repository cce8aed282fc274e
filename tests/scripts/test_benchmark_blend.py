"""The benchmark of blends, at its smallest."""

from __future__ import annotations

import json
from pathlib import Path

import benchmark_blend as benchmark
import pytest


def test_members_and_their_blend(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    members = ["itemknn", "popularity"]
    benchmark.main(["--data", str(tiny), "--repeats", "2", "--members", *members])
    printed = capsys.readouterr().out
    result = json.loads(printed.splitlines()[-1])
    assert {name: len(own) for name, own in result["seconds"].items()} == {
        "itemknn": 2,
        "popularity": 2,
        "blend": 2,
    }
    seconds = {"itemknn": [0.002, 0.004], "popularity": [0.001, 0.001], "blend": [0.006, 0.006]}
    shown = benchmark.table(result | {"seconds": seconds, "queries": 1000})
    assert "| itemknn | 3.0 |" in shown
    assert shown.endswith("blend: 1.50 of the sum of its members")
