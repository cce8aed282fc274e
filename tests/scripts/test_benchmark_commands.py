"""The benchmark of whole commands, at its smallest, with commands in forked processes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import benchmark_commands as benchmark
import pytest
import scale_data
from benchmarking import stages
from benchmarking.processes import Ended
from helpers.cli import CommandLine
from helpers.forked import Script

CODE = """
import os, runpy
os.chdir({folder!r})
os.environ.update({environment!r})
runpy.run_path({stages!r}, run_name="__main__")
"""


def test_a_command_by_its_stages(
    tmp_path: Path,
    lrec: CommandLine,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sets = tmp_path / "sets"
    sets.mkdir()
    table = scale_data.ml20m_like(users=60, items=900, ratings=2_000)
    table.to_parquet(sets / "ml20m_like.parquet", index=False)
    commands: list[str] = []

    def forked(
        line: Sequence[str | Path], folder: Path, environment: Mapping[str, str], limit: float
    ) -> Ended:
        out, command, *words = map(str, line[3:])
        commands.append(command)
        if not (folder / "mlflow.db").exists():
            lrec.give_store(folder)
        own = {"PATH": os.environ["PATH"], **environment}
        code = CODE.format(folder=str(folder), environment=own, stages=stages.__file__)
        rc, printed, err = Script(code, [out, command, *words], tmp_path).wait(200)
        assert rc == 0, err
        return Ended(rc, False, 1.0, 2**30, printed, err)

    monkeypatch.setattr(benchmark, "run", forked)
    chosen = benchmark.parser().parse_args(
        ["--sets", str(sets), "--folder", str(tmp_path / "out"), "--case", "popularity"]
    )
    (measure,) = benchmark.sides(chosen).values()
    result = measure()
    assert commands == ["train", "data", "train"]
    assert result["code"] == 0
    assert {stages.START, stages.TRAINING, "rest", *stages.STAGES} <= result["stages"].keys()
    assert all(seconds > 0 for seconds in result["stages"].values())
    assert len(result["waits"]) == 1
    assert not (tmp_path / "out" / "work_now" / "command").exists()
    assert (tmp_path / "out" / "work_now" / "cache").exists()

    slower = result | {"seconds": 3.0}
    crashed = result | {"code": -11}
    late = result | {"code": -9, "late": True, "seconds": 700.4}
    printed = benchmark.table(
        {
            "popularity before": [slower],
            "popularity now": [result],
            "ease before": [crashed],
            "ease now": [result | {"code": 1, "complaint": "too large"}],
            "itemknn before": [late],
            "itemknn now": [result],
        }
    )
    assert "| popularity | 3.00 s | 1.00 s | 3.0× | 1.0 GB | 1.0 GB |" in printed
    assert "| ease | crash, signal 11 | refused in 1.00 s | – |" in printed
    assert "| itemknn | not done in 700 s | 1.00 s | – |" in printed
    assert "until each training" in printed


def test_stages_within_stages() -> None:
    class Work:
        def outer(self) -> int:
            return self.inner() + 1

        def inner(self) -> int:
            return 1

        def fit(self) -> None: ...

    clock = stages.Clock()
    clock.watch(Work, "inner", "ranking")
    clock.watch(Work, "outer", "references")
    assert Work().outer() == 2
    assert clock.seconds.keys() == {"references"}  # a leaf counts as a whole
    clock.watch(Work, "outer", "rest of it")
    Work().inner()
    assert clock.seconds.keys() == {"references", "ranking"}
    clock.watch(Work, "fit", stages.TRAINING)
    Work().fit()
    assert len(clock.waits) == 1


def test_every_case_can_be_chosen() -> None:
    for name in benchmark.SETS:
        chosen = benchmark.parser().parse_args(
            ["--set", name, "--sets", "x", "--folder", "y", "--before", "z"]
        )
        made = benchmark.sides(chosen)
        assert {side.rpartition(" ")[2] for side in made} == {"now", "before"}
        assert len(made) == 2 * len(benchmark.SETS[name])


def test_a_folder_is_empty_before_and_gone_afterwards(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "old").touch()
    with benchmark.emptied(folder):
        assert not list(folder.iterdir())
    assert not folder.exists()
    shutil.rmtree(tmp_path / "a")
