"""One comparison, with the runs that it trained, and one reveal; several scripts read them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock
from helpers.cli import CommandLine
from helpers.forked import shared_folder

NO_MODEL = "tracking.log_model=false"  # logging it takes longest


@dataclass(frozen=True)
class Finished:
    """A folder with finished commands.

    Attributes:
        folder: that they ran in; it has the MLflow store.
        run: the folder of a training run.
        run_id: its id in MLflow.
        comparison, reveal: their JSON files.
    """

    folder: Path
    run: Path
    run_id: str
    comparison: Path
    reveal: Path


@pytest.fixture(scope="package")
def finished(tmp_path_factory: pytest.TempPathFactory, lrec: CommandLine, tiny: Path) -> Finished:
    """Made by the first worker that needs it."""
    folder = shared_folder(tmp_path_factory) / "finished"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            make(folder, lrec, tiny)
    comparison, reveal = (
        folder / name for name in ("compare/comparison.json", "reveal/reveal.json")
    )
    run_id = json.loads(comparison.read_text())["runs"]["ease"][0]["id"]
    runs = [path.parent for path in comparison.parent.rglob("metrics.json")]
    (run,) = [run for run in runs if "model=ease" in (run / "overrides.txt").read_text()]
    return Finished(folder, run, run_id, comparison, reveal)


def make(folder: Path, lrec: CommandLine, tiny: Path) -> None:
    folder.mkdir()
    lrec.give_store(folder)
    data = ["dataset=csv", f"dataset.path={tiny}"]
    for command, *more in (
        ("compare", "candidates=[popularity,ease]", "seeds=[1]", NO_MODEL),
        ("reveal", "candidates=[ease]", "min_users=2", "lengths=[0,2,5]"),
    ):
        words = (*data, *more, "resamples=100", f"hydra.run.dir={command}")
        ran = lrec(folder, command, *words, LREC_TEST_FIGURES="drawn")
        assert ran.rc == 0, ran.err
