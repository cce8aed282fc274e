"""The benchmark of Mult-VAE, at its smallest and without its peer."""

from __future__ import annotations

import json
from pathlib import Path

import benchmark_vae
import pytest


def test_one_side(tiny: Path, capsys: pytest.CaptureFixture) -> None:
    benchmark_vae.main(["--precision", "float32", "--data", str(tiny), "--epochs", "2"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert len(result["epochs"]) == len(result["evaluate"]) == 2
    assert 0 < result["validation"]["recall@20"] <= 1
    peer = result | {"evaluate_by_default": 1.0}
    benchmark_vae.report({"lrec float32": result, "RecBole 1.2.1": peer})
    printed = capsys.readouterr().out
    assert printed.startswith(f"{result['n_users']:,} users")
    assert "(1.0 and 1.0 times faster)" in printed
