"""Commands that are killed at steps spread over their progress: what comes next ends the same."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import mlflow
import pytest
from helpers import kills
from helpers.cli import CommandLine

from lrec.tracking import JOURNAL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
SPLIT = ("split=leave_one_out", "schedule.epochs=2", "schedule.evaluate_steps=1")
FIRST, LATER = 26, 6  # kills of a first run in an empty folder, and of each other command


def spread(steps: int, n: int) -> list[int]:
    return [1 + (steps - 1) * i // n for i in range(n)]


def leftovers(folder: Path) -> list[Path]:
    patterns = ("*.partial*", "*.replaced*", "*-journal", "*.lock")
    return [path for pattern in patterns for path in folder.rglob(pattern)]


def trained(folder: Path) -> dict[Any, list[dict[str, float]]]:
    """The metrics of finished training runs, by what was trained on what."""
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    found = defaultdict(list)
    for run in mlflow.search_runs(search_all_experiments=True, output_format="list"):
        tags = run.data.tags
        if run.info.status == "FINISHED" and tags.get("lrec.command") == "train":
            params = {k: v for k, v in run.data.params.items() if not k.endswith("path")}
            digest = run.inputs.dataset_inputs[0].dataset.digest
            key = (digest, "lrec.updates" in tags, json.dumps(params, sort_keys=True))
            found[key].append(run.data.metrics)
    return found


def resume(lrec: CommandLine, folder: Path, *words: str) -> None:
    """Go on with what a kill left of a run, or train it where nothing is left to go on with."""
    left = [path.parent for path in folder.glob(f"outputs/*/*/{JOURNAL}")]
    resumable = [path for path in left if (path / "config.yaml").exists()]
    again = ("train", f"resume={resumable[0]}") if resumable else words
    answer = lrec(folder, *again)
    if "cannot be resumed" in answer.err:  # all was done but for sending it
        assert "it ended well" in answer.complaint
        answer = lrec(folder, "sync")
    assert (answer.rc, answer.err) == (0, "")


def test_first_run_in_an_empty_folder(lrec: CommandLine, tiny: Path, tmp_path: Path) -> None:
    words = ("train", "dataset=csv", f"dataset.path={tiny}", *SPLIT, "model=vae")
    whole = tmp_path / "whole"
    whole.mkdir()
    steps = kills.steps(whole, *words, LREC_CACHE=str(whole / "cache"))
    assert steps > 200  # with those that make the store
    ((metrics,),) = trained(whole).values()
    for step in spread(steps, FIRST):
        folder = tmp_path / f"step{step}"
        folder.mkdir()
        cache = {"LREC_CACHE": str(folder / "cache")}
        assert kills.kill(folder, step, *words, **cache), step
        resume(lrec, folder, *words)
        runs = trained(folder)
        assert [values for (values,) in runs.values()] == [metrics], step
        assert lrec(folder, "data", "dataset=csv", f"dataset.path={tiny}", **cache).rc == 0
        assert leftovers(folder) == [], step


def test_sync(lrec: CommandLine, tiny: Path, tmp_path: Path) -> None:
    """It sends a run that MLflow was not there for."""
    away = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    words = ("train", "dataset=csv", f"dataset.path={tiny}", *SPLIT, "model=itemknn")
    trained_away, whole = tmp_path / "away", tmp_path / "whole"
    trained_away.mkdir()
    assert lrec(trained_away, *words, **away).rc == 0
    shutil.copytree(trained_away, whole)
    lrec.give_store(whole)
    steps = kills.steps(whole, "sync")
    ((metrics,),) = trained(whole).values()
    for step in spread(steps, LATER):
        folder = tmp_path / f"step{step}"
        shutil.copytree(trained_away, folder)
        lrec.give_store(folder)
        assert kills.kill(folder, step, "sync"), step
        answer = lrec(folder, "sync")
        assert (answer.rc, answer.err) == (0, ""), step
        assert list(trained(folder).values()) == [[metrics]], step
        assert [*leftovers(folder), *folder.rglob("journal.*")] == [], step


@pytest.fixture(scope="module")
def used(
    tmp_path_factory: pytest.TempPathFactory, lrec: CommandLine, tiny: Path
) -> tuple[Path, str]:
    """A folder with two runs, and the id of one."""
    folder = tmp_path_factory.mktemp("used")
    lrec.give_store(folder)
    rows = tiny.read_text().splitlines()
    (folder / "old.csv").write_text("\n".join(rows[:-30]) + "\n")
    (folder / "new.csv").write_text("\n".join([rows[0], *rows[-30:]]) + "\n")
    data = ("dataset=csv", f"dataset.path={folder}/old.csv")
    for model in ("popularity", "vae"):
        answer = lrec(folder, "train", *data, *SPLIT, f"model={model}")
        assert (answer.rc, answer.err) == (0, "")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    (run,) = mlflow.search_runs(
        experiment_names=["lrec"], filter_string="params.model = 'vae'", output_format="list"
    )
    return folder, run.info.run_id


@pytest.mark.parametrize(
    "words",
    [
        ("update", "run=RUN", "feedback=new.csv"),
        ("compare",),
        ("tune", "candidates=[itemknn]", "trials=2", "dataset=csv", "dataset.path=old.csv", *SPLIT),
    ],
    ids=lambda words: words[0],
)
def test_command_in_a_folder_in_use(
    words: tuple[str, ...], lrec: CommandLine, used: tuple[Path, str]
) -> None:
    folder, run = used
    words = tuple(word.replace("RUN", run) for word in words)
    for step in spread(kills.steps(folder, *words), LATER):
        kills.kill(folder, step, *words)
        answer = lrec(folder, *words)
        assert (answer.rc, answer.err) == (0, ""), step
        assert lrec(folder, "sync").rc == 0
        assert leftovers(folder) == [], step
    for same in trained(folder).values():
        assert all(metrics == same[0] for metrics in same)
