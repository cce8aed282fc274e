"""Scripts as modules, and one comparison and one reveal that several of them read."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers.cli import CommandLine

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))  # as `python scripts/….py` has it


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
    trained = lrec(folder, "train", "model=ease", *data, "hydra.run.dir=run")
    assert trained.rc == 0, trained.err
    (run_id,) = re.findall(r"^run (\w+) in ", trained.out, re.MULTILINE)
    candidates = "candidates=[popularity,ease]"
    for command, *more in (("compare", "seeds=[1]"), ("reveal", "min_users=2", "lengths=[0,2]")):
        ran = lrec(
            folder, command, candidates, *data, *more, "resamples=100", f"hydra.run.dir={command}"
        )
        assert ran.rc == 0, ran.err
    (comparison,) = folder.rglob("comparison.json")
    (reveal,) = folder.rglob("reveal.json")
    return Finished(folder, folder / "run", run_id, comparison, reveal)
