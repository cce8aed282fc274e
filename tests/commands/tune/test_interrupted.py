"""Studies that are told to end: the best so far, and the same command goes on with the same run."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import mlflow
import optuna
import pytest
from helpers.cli import CommandLine
from helpers.forked import Forked
from mlflow.entities import Run
from optuna.trial import FrozenTrial

from lrec.commands.tune.storage import open_storage
from lrec.commands.tune.trials.counting import counted

PATIENCE = 120.0  # seconds, on a machine with much other work
SMALL = ("split=leave_one_out", "schedule.epochs=100000", "schedule.patience=null")
SMALL = (*SMALL, "schedule.evaluate_steps=1", "candidates=[vae]")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_study_ends_with_the_best_so_far_and_goes_on_in_the_same_run(
    number: int, status: int, lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    out, err, returncode = begin(lrec, tiny, tmp_path, number)
    assert returncode == status, err
    assert "interrupted: the best so far" in out
    assert "val/ndcg_at_10/all, the same budget each" in out
    assert "next, on the test part" not in out  # nothing has ended yet
    assert {trial.state.name for trial in trials_of(tmp_path)} == {"FAIL", "WAITING"}
    runs = go_on(lrec, tiny, tmp_path)
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_a_killed_study_has_its_status_and_goes_on_in_a_new_run(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    *_, returncode = begin(lrec, tiny, tmp_path, signal.SIGKILL)
    assert returncode == -signal.SIGKILL
    runs = go_on(lrec, tiny, tmp_path)
    first, second = sorted(
        (run for run in runs if run.data.tags["lrec.command"] == "tune"),
        key=lambda run: run.info.start_time,
    )
    (trial,) = [run for run in runs if run.data.tags["lrec.command"] == "trial"]
    assert [run.info.status for run in (first, second, trial)] == ["KILLED", "FINISHED", "FINISHED"]
    assert first.info.end_time <= second.info.start_time
    assert second.data.tags["lrec.goes_on_from"] == first.info.run_id
    assert "lrec.goes_on_from" not in first.data.tags
    assert trial.data.tags["mlflow.parentRunId"] == second.info.run_id


def begin(lrec: CommandLine, tiny: Path, folder: Path, number: int) -> tuple[str, str, int | None]:
    """Begin a study that is sent a signal in its fourth epoch; what it prints, its exit status."""
    lrec.give_store(folder)
    words = ("tune", "dataset=csv", f"dataset.path={tiny}", *SMALL)
    began = Forked(words, {"PYTHONUNBUFFERED": "1"}, folder)
    wait_for_epochs(folder, 3)
    began.send_signal(number)
    out, err = began.communicate(PATIENCE)
    return out, err, began.returncode


def go_on(lrec: CommandLine, tiny: Path, folder: Path) -> list[Run]:
    """Go on for some epochs by the same command; all runs."""
    trained = spent(folder)[-1]
    assert trained >= 3
    words = ("tune", "dataset=csv", f"dataset.path={tiny}", *SMALL)
    again = lrec(folder, *words, f"epochs={trained + 5}")
    assert (again.rc, again.err) == (0, "")
    assert "the budget was spent after" in again.out
    assert spent(folder) == [trained + 5]
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    runs: list[Run] = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    (trial,) = [run for run in runs if run.data.tags["lrec.command"] == "trial"]
    losses = mlflow.MlflowClient().get_metric_history(trial.info.run_id, "train/loss")
    assert [loss.step for loss in losses] == list(range(1, trained + 6))
    return runs


def trials_of(folder: Path) -> list[FrozenTrial]:
    storage = open_storage(str(folder / "outputs/studies.journal"))
    (name,) = optuna.get_all_study_names(storage)
    return optuna.load_study(study_name=name, storage=storage).trials


def spent(folder: Path) -> list[int]:
    """The epochs of every trial that counts."""
    trials = trials_of(folder)
    return [json.loads(trial.user_attrs["spent"])[1] for trial in counted(trials)]


def wait_for_epochs(folder: Path, epochs: int) -> None:
    path, end = folder / "outputs/studies.journal", time.monotonic() + PATIENCE
    while not (path.exists() and path.read_text().count('{"spent"') >= epochs):
        assert time.monotonic() < end
        time.sleep(0.05)
