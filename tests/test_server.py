"""Runs on an MLflow server that keeps them in PostgreSQL; opt-in, with what this machine has."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from conftest import CommandLine
from mlflow.entities import Run
from test_cluster import free_ports

FOLDERS = [path for version in Path("/usr/lib/postgresql").glob("*/bin") for path in [str(version)]]
PG_CTL = shutil.which("pg_ctl", path=os.pathsep.join([*FOLDERS, os.environ["PATH"]]))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(PG_CTL is None, reason="needs PostgreSQL: apt-get install postgresql"),
    pytest.mark.skipif(
        not find_spec("psycopg2"), reason="needs psycopg2: pip install lrec[server]"
    ),
]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of a fresh PostgreSQL, which refuses to run as root."""
    assert PG_CTL
    user = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="lrec-postgres-"))
    if user:
        shutil.chown(folder, *user.values())

    def control(*arguments: str) -> None:
        command = [PG_CTL, "-D", folder / "data", "-s", "-w", *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **user)

    (port,) = free_ports(1)
    control("initdb", "-o", "-U lrec -A trust -E UTF8 --no-sync")
    listen = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    try:
        control("start", "-l", str(folder / "log"), "-o", listen)
        yield f"postgresql+psycopg2://lrec@127.0.0.1:{port}/postgres"
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            control("stop", "-m", "immediate")
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an MLflow server with artifacts of its own."""
    folder = tmp_path_factory.mktemp("server")
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", database, "--artifacts-destination", str(folder)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, "--workers", "1"], stdout=log, stderr=log, cwd=folder)
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 150
        while not _answers(f"{address}/health"):
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < end, "the server does not come up"
            time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait()


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
        assert f"in {server}; see it: {server}" in out
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
