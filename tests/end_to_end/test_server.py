"""Runs on a real MLflow server, which may die, or keep them in PostgreSQL; opt-in."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from helpers.cli import CommandLine
from helpers.ports import free_ports
from helpers.postgres import postgres
from mlflow.entities import Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres() as address:
        yield address


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an MLflow server with artifacts of its own."""
    (port,) = free_ports(1)
    with served(tmp_path_factory.mktemp("server"), database, port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def served(folder: Path, store: str, port: int) -> Iterator[None]:
    """An MLflow server, which is killed at the end with all of its processes."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", store, "--artifacts-destination", str(folder)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--workers", "1"], stdout=log, stderr=log, cwd=folder, start_new_session=True
        )
    try:
        wait_until(lambda: _answers(f"http://127.0.0.1:{port}/health"), folder / "log")
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(true: Callable[[], object], log: Path) -> None:
    end = time.monotonic() + 150
    while not true():
        assert time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.2)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def small(tiny: Path) -> tuple[str, ...]:
    return ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out", "schedule.epochs=2")


def runs(experiment: str) -> list[Run]:
    found: list[Run] = mlflow.search_runs(experiment_names=[experiment], output_format="list")
    return found


def test_server_that_is_killed_in_training_is_told_all_when_it_is_back(
    small: tuple[str, ...], lrec: CommandLine, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    address, store = f"http://127.0.0.1:{port}", f"sqlite:///{tmp_path}/server.db"
    where = {"MLFLOW_TRACKING_URI": address, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    long = ("schedule.epochs=60", "schedule.evaluate_steps=1", "schedule.patience=null")
    mlflow.set_tracking_uri(address)
    with served(tmp_path, store, port):
        training = lrec.start(tmp_path, "train", *small, *long, "model=vae", **where)
        wait_until(lambda: epochs() >= 2, tmp_path / "log")
    out, err = training.communicate(timeout=280)
    assert (training.returncode, err) == (0, "")
    assert "does not take the run now, which goes on" in out
    assert "lrec sync sends it" in out
    with served(tmp_path, store, port):
        assert 2 <= epochs() < 60
        answer = lrec(tmp_path, "sync", **where)
        assert (answer.rc, answer.err) == (0, "")
        assert epochs() == 60
        (run,) = runs("lrec")
        assert run.info.status == "FINISHED"
        path = mlflow.artifacts.download_artifacts(
            run_id=run.info.run_id, artifact_path="users.parquet"
        )
        mean = pd.read_parquet(path)["recall_at_20"].mean()
        assert run.data.metrics["recall_at_20/all"] == pytest.approx(mean, abs=1e-12)


def epochs() -> int:
    """How many epochs the server knows of its one run; each is told once."""
    if mlflow.get_experiment_by_name("lrec") is None or not runs("lrec"):
        return 0
    (run,) = runs("lrec")
    told = mlflow.MlflowClient().get_metric_history(run.info.run_id, "train/loss")
    steps = [metric.step for metric in told]
    assert len(set(steps)) == len(steps)
    return len(steps)


def test_runs_at_once_and_a_sweep_are_whole_on_the_server(
    server: str, small: tuple[str, ...], lrec: CommandLine, tmp_path: Path
) -> None:
    where = {"MLFLOW_TRACKING_URI": server}
    both = [
        lrec.start(tmp_path, "train", *small, "model=vae", f"seed={seed}", **where)
        for seed in (1, 2)
    ]
    for process in both:
        out, err = process.communicate(timeout=280)
        assert process.returncode == 0, err
        assert f"in {server}\nsee it: {server}" in out
    answer = lrec(
        tmp_path, "train", "-m", *small, "model=popularity,itemknn", "tracking.experiment=sweep",
        **where,
    )  # fmt: skip
    assert answer.rc == 0, answer.err
    assert not (tmp_path / "mlflow.db").exists()

    mlflow.set_tracking_uri(server)
    found = runs("lrec")
    assert {run.data.params["seed"] for run in found} == {"1", "2"}
    assert {run.info.status for run in found} == {"FINISHED"}
    swept = runs("sweep")
    (parent,) = [run for run in swept if "mlflow.parentRunId" not in run.data.tags]
    assert len(swept) == 3
    assert {run.info.status for run in swept} == {"FINISHED"}
    assert {run.data.tags.get("mlflow.parentRunId", parent.info.run_id) for run in swept} == {
        parent.info.run_id
    }

    run = found[0]
    assert run.inputs.dataset_inputs[0].dataset.name == "csv"
    path = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="users.parquet"
    )
    table = pd.read_parquet(path)
    mean = table["recall_at_20"].mean()
    assert run.data.metrics["recall_at_20/all"] == pytest.approx(mean, abs=1e-12)
    model = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    answer_items = model.predict(pd.DataFrame({"history": [["thing-01", "thing-03"]]}), {"k": 5})
    assert len(answer_items["items"][0]) == 5

    again = lrec(tmp_path, "evaluate", f"run={run.info.run_id}", **where)
    assert (again.rc, again.err) == (0, "")
    (second,) = [r for r in runs("lrec") if r.data.tags.get("lrec.command") == "evaluate"]
    metrics = run.data.metrics
    same = {name for name in second.data.metrics if name in metrics and "/" in name}
    assert same
    for name in same:
        assert second.data.metrics[name] == pytest.approx(metrics[name], abs=1e-6, nan_ok=True), (
            name
        )


def test_failed_run_says_so_on_the_server(
    server: str, small: tuple[str, ...], lrec: CommandLine, tmp_path: Path
) -> None:
    arguments = (*small, "model=vae", "schedule.learning_rate=1e30", "tracking.experiment=failing")
    answer = lrec(tmp_path, "train", *arguments, MLFLOW_TRACKING_URI=server)
    assert answer.rc == 1
    mlflow.set_tracking_uri(server)
    (run,) = runs("failing")
    assert run.info.status == "FAILED"
    assert "learning_rate" in run.data.tags["lrec.error"]
