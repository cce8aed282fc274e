"""The peers' sides of the benchmarks, which need environments of their own: what runs without."""

from __future__ import annotations

import ast
import json
import logging
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from benchmark_baselines import save_pairs
from benchmarking.processes import PEERS
from benchmarking.splits import load


@pytest.mark.skipif(
    any(find_spec(name) for name in ("implicit", "rectools", "lenskit")), reason="it has peers"
)
def test_an_environment_without_peers_times_none(
    tiny: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save_pairs(tmp_path / "pairs.npz", load(str(tiny)))
    options = ["--pairs", str(tmp_path / "pairs.npz"), "--repeats", "1", "--model"]
    monkeypatch.setattr(sys, "argv", ["baselines.py", *options, "itemknn", "ease", "ials"])
    monkeypatch.setattr(logging, "disable", lambda level: None)  # of the whole process
    runpy.run_path(str(PEERS / "baselines.py"), run_name="__main__")
    assert json.loads(capsys.readouterr().out) == {}


def test_peers_import_nothing_of_lrec() -> None:
    """Their environments do not have it."""
    for path in PEERS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("lrec"), path
