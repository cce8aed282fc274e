"""One training, one comparison and one reveal, which several scripts read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers.cli import CommandLine

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
    folder = tmp_path_factory.mktemp("finished")
    lrec.give_store(folder)
    data = ["dataset=csv", f"dataset.path={tiny}"]
    trained = lrec(folder, "train", "model=ease", *data, NO_MODEL, "hydra.run.dir=run")
    assert trained.rc == 0, trained.err
    (run_id,) = re.findall(r"^run (\w+) in ", trained.out, re.MULTILINE)
    for command, *more in (
        ("compare", "candidates=[popularity,ease]", "seeds=[1]", NO_MODEL),  # ease is found
        ("reveal", "candidates=[ease]", "min_users=2", "lengths=[0,2,5]"),
    ):
        ran = lrec(folder, command, *data, *more, "resamples=100", f"hydra.run.dir={command}")
        assert ran.rc == 0, ran.err
    comparison, reveal = (
        folder / name for name in ("compare/comparison.json", "reveal/reveal.json")
    )
    return Finished(folder, folder / "run", run_id, comparison, reveal)
