"""The benchmark of updates, at its smallest, with commands in forked processes."""

from __future__ import annotations

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
    options = ["split=leave_one_out", "metric=[ndcg]", "--seeds", "1", "--folder", str(tmp_path)]
    benchmark_update.main([str(tiny), "model=ease", *options])
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("old.csv: ")
    assert printed[-1].startswith("| 1 | .")
    assert " of " in printed[-1]
