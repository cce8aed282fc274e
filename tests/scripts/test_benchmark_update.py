"""The benchmark of updates, at its smallest, with commands in forked processes."""

from __future__ import annotations

import json
from pathlib import Path

import benchmark_update
import pytest
from helpers.cli import CommandLine


def test_a_row_for_each_seed(
    tiny: Path,
    tmp_path: Path,
    lrec: CommandLine,
    capsys: pytest.CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forked(folder: Path, *words: str) -> str:
        ran = lrec(folder, *words)
        assert ran.rc == 0, ran.err
        return ran.out

    monkeypatch.setattr(benchmark_update, "lrec", forked)
    lrec.give_store(tmp_path)
    options = ["split=leave_one_out", "metric=[ndcg]", "--seeds", "1", "--work", str(tmp_path)]
    benchmark_update.main([str(tiny), "model=ease", *options])
    *_, row, results = capsys.readouterr().out.splitlines()
    assert row.startswith("| 1 | .")
    assert " of " in row
    assert json.loads(results)["seed 1"][0]["seconds"].keys() == {"updated", "from_scratch"}
