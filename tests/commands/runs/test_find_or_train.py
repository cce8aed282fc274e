"""Many runs in a row: a line for each, and what they print in their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from helpers.composing import checked, composed

from lrec.commands.composing import ComposedConfig
from lrec.commands.runs.find_or_train import OUTPUT, train
from lrec.commands.train.experiment import TrainResult
from lrec.reporting.terminal import Screen


def result(best: float) -> TrainResult:
    nothing: Any = None
    return TrainResult(nothing, nothing, nothing, [], best, 1.0, "0")


def test_a_run_is_one_line_and_its_output_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    jobs = []
    for seed in (1, 2, 3):
        overrides = ["model=popularity", "tracking.uri=sqlite:///runs.db", f"seed={seed}"]
        folder = tmp_path / "runs" / str(seed)
        config = ComposedConfig({}, overrides, {}, folder)
        jobs.append((checked(composed("model=popularity", f"seed={seed}")), config))

    def launch(settings: Any, config: ComposedConfig) -> TrainResult:
        Screen().line(f"a table of seed {settings.seed}")
        if settings.seed == 2:
            raise RuntimeError("diverged")
        return result(settings.seed / 10)

    train(jobs, launch, True, Screen())
    where, *lines = capsys.readouterr().out.splitlines()
    assert where.endswith(f"/*/{OUTPUT}")
    assert lines == [
        "run 1 of 3: seed=1  ndcg@10/all 0.1000",
        "run 2 of 3: seed=2  failed: diverged",
        "run 3 of 3: seed=3  ndcg@10/all 0.3000",
    ]
    assert (jobs[2][1].folder / OUTPUT).read_text() == "a table of seed 3\n"
    failed = (jobs[1][1].folder / OUTPUT).read_text()
    assert failed.startswith("a table of seed 2\nTraceback")
