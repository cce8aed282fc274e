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

from lrec.commands.tune.storage import open_storage
from lrec.commands.tune.trials.counting import counted


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_study_ends_with_the_best_so_far_and_goes_on_in_the_same_run(
    number: int, status: int, lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    lrec.give_store(tmp_path)
    small = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out", "schedule.epochs=100000")
    small = (*small, "schedule.patience=null", "schedule.evaluate_steps=1", "candidates=[vae]")
    began = Forked(("tune", *small), {"PYTHONUNBUFFERED": "1"}, tmp_path)
    wait_for_epochs(tmp_path, 3)
    began.send_signal(number)
    out, err = began.communicate(60)
    assert began.returncode == status, err
    assert "interrupted: the best so far" in out
    assert "val/ndcg_at_10/all, the same budget each" in out
    assert "next, on the test part" not in out  # nothing has ended yet
    trained = spent(tmp_path)[-1]
    assert trained >= 3

    again = lrec(tmp_path, "tune", *small, f"epochs={trained + 5}")
    assert (again.rc, again.err) == (0, "")
    assert "the budget was spent after" in again.out
    assert spent(tmp_path) == [trained + 5]
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    runs = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    (trial,) = [run for run in runs if run.data.tags["lrec.command"] == "trial"]
    assert {run.info.status for run in runs} == {"FINISHED"}
    losses = mlflow.MlflowClient().get_metric_history(trial.info.run_id, "train/loss")
    assert [loss.step for loss in losses] == list(range(1, trained + 6))


def spent(folder: Path) -> list[int]:
    """The epochs of every trial that counts."""
    storage = open_storage(str(folder / "outputs/studies.journal"))
    (name,) = optuna.get_all_study_names(storage)
    trials = optuna.load_study(study_name=name, storage=storage).trials
    assert not any(trial.state.name == "RUNNING" for trial in trials)
    return [json.loads(trial.user_attrs["spent"])[1] for trial in counted(trials)]


def wait_for_epochs(folder: Path, epochs: int) -> None:
    path, end = folder / "outputs/studies.journal", time.monotonic() + 120
    while not (path.exists() and path.read_text().count('{"spent"') >= epochs):
        assert time.monotonic() < end
        time.sleep(0.05)
