"""The benchmark of Mult-VAE, at its smallest and without its peer."""

from __future__ import annotations

import json
from pathlib import Path

import benchmark_vae as benchmark
import pytest


def test_one_side(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    benchmark.main(["--precision", "float32", "--data", str(tiny), "--epochs", "2"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(result["epochs"]) == len(result["evaluate"]) == 2
    assert 0 < result["validation"]["recall@20"] <= 1
    own = result | {"peak": 2**30}
    peer = own | {"evaluate_by_default": 1.0}
    printed = benchmark.table({"lrec, float32": [own], benchmark.RECBOLE: [peer]})
    assert printed.startswith(f"{result['n_users']:,} users")
    assert "| lrec, float32 |" in printed
    assert "| 1.0× |" in printed
    assert "at its default `eval_batch_size`: 1.00 s" in printed


def test_sides_of_two_checkouts_and_a_peer() -> None:
    words = ["--recbole", "python", "--before", str(benchmark.HERE)]
    sides = benchmark.sides(benchmark.parser().parse_args(words))
    assert list(sides) == [
        "lrec, float32",
        "lrec, mixed_bfloat16",
        "lrec before, float32",
        "lrec before, mixed_bfloat16",
        "lrec, mixed_bfloat16, 2,048 items a step",
        "RecBole 1.2.1",
    ]
