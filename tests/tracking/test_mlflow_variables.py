"""Variables of MLflow's own, what its interface shows of a run, and the server's log."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import pytest
from helpers.composing import checked, composed
from helpers.saved_runs import saved_run

from lrec.commands.runs.aggregates import aggregate
from lrec.commands.settings import RunSettings
from lrec.commands.train.run_logging import described, shown_columns
from lrec.tracking import SavedRun, Tracking, serving


@pytest.fixture(autouse=True)
def store(used_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a store of its own."""
    shutil.copy(used_store, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")


def test_experiment_of_the_environment_counts_where_the_config_names_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "by-name")
    assert Tracking().experiment == "by-name"
    assert Tracking("own").experiment == "own"
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME")
    number = mlflow.create_experiment("by-number")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", number)
    with Tracking().run("some", {}, Path("run")) as log:
        assert log.run_id is not None
    assert mlflow.get_run(log.run_id).info.experiment_id == number
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "987")
    with pytest.raises(RuntimeError, match=r"^MLFLOW_EXPERIMENT_ID=987 is no experiment of"):
        Tracking().open("some", {}, Path("other"))


def test_run_of_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "abc")
    with pytest.raises(RuntimeError, match=r"^MLFLOW_RUN_ID is set.*unset MLFLOW_RUN_ID"):
        Tracking().open("some", {}, Path("run"))


def test_address_opens_a_view_with_columns_of_the_buckets() -> None:
    with Tracking().run("some", {}, Path("run")) as log:
        address = log.columns(["ndcg_at_10/all", "ndcg_at_10/tail"])
    assert log.run_id is not None
    number = mlflow.get_run(log.run_id).info.experiment_id
    page = f"http://127.0.0.1:5000/#/experiments/{number}/runs"  # others lose the columns
    assert address == f"{page}?viewStateShareKey=lrec&workflowType=machine_learning"
    view = json.loads(mlflow.get_experiment(number).tags["mlflow.sharedViewState.lrec"])
    columns = ["metrics.`ndcg_at_10/all`", "metrics.`ndcg_at_10/tail`"]
    assert view == {"selectedColumns": columns}


ROWS = {
    "vae": {"ndcg_at_10/all": 0.25, "ndcg_at_10/tail": 0.125, "users/all": 1200, "users/tail": 40},
    "popularity": {"ndcg_at_10/all": 0.2, "ndcg_at_10/tail": 0.1},
}


def test_description_is_a_table_of_the_buckets() -> None:
    settings: RunSettings = checked(composed())
    assert described(ROWS, settings).splitlines() == [
        "| ndcg@10 | all | tail |",
        "|---|---:|---:|",
        "| vae | 0.2500 | 0.1250 |",
        "| popularity | 0.2000 | 0.1000 |",
        "",
        "Test users: 1,200 all, 40 tail.",
    ]


MONITOR = "monitor=val/mrr_at_10/all"


def test_description_has_the_metrics_that_are_shown() -> None:
    settings: RunSettings = checked(composed("metric=[recall,mrr,gini]", "k=[5,10]", MONITOR))
    rows = {"vae": {f"{m}_at_{k}/all": 0.5 for m in ("recall", "mrr", "hit") for k in (5, 10)}}
    rows["vae"] |= {"gini_sub_at_10/tail": 0.25, "users/all": 9, "users/tail": 3}
    titles = [line for line in described(rows, settings).splitlines() if "all | tail" in line]
    assert titles == [f"| {name} | all | tail |" for name in ("recall@10", "mrr@10", "gini@10")]
    assert shown_columns(rows, settings) == ["recall_at_10", "mrr_at_10", "gini_sub_at_10"]
    assert "| vae | – | 0.2500 |" in described(rows, settings)


def test_sweep_has_means_and_common_parameters() -> None:
    runs: list[SavedRun] = [saved_run("vae", 1), saved_run("vae", 2)]
    for run, value in zip(runs, (0.1, 0.3), strict=True):
        run.metrics.update({"ndcg_at_10/all": value, "users/all": 10, "train/loss": 5.0})
    settings: RunSettings = checked(composed())
    with Tracking().run("sweep", {}, Path("sweep")) as log:
        aggregate(log, runs, settings)
    assert log.run_id is not None
    data = mlflow.get_run(log.run_id).data
    assert data.metrics == {
        "ndcg_at_10/all": pytest.approx(0.2),
        "sd/ndcg_at_10/all": pytest.approx(0.02**0.5),
        "users/all": 10,
        "sd/users/all": 0,
    }
    assert data.params == {"model": "vae", "split": "ratio", "split.test": "0.2"}
    assert "| vae | 0.2000 ± 0.1414 |" in data.tags["mlflow.note.content"]


def test_candidates_of_a_sweep_are_not_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its mean over replicates; of one run there is no deviation."""
    runs = [
        saved_run("vae", 1),
        saved_run("vae", 2),
        saved_run("ease", tags={"lrec.seeded": "False"}),
    ]
    for run, value in zip(runs, (0.1, 0.3, 0.4), strict=True):
        model = run.params["model"]
        run.tags["lrec.overrides"] = f"model={model} seed={run.seed}"
        run.metrics.update({"ndcg_at_10/tail": value, "gini_at_10/tail": 1.0})
    with Tracking().run("sweep", {}, Path("sweep")) as log:
        aggregate(log, runs, checked(composed()))
    data = mlflow.get_run(log.run_id).data
    assert data.metrics == {
        "model_vae/ndcg_at_10/tail": pytest.approx(0.2),
        "model_vae/sd/ndcg_at_10/tail": pytest.approx(0.02**0.5),
        "model_ease/ndcg_at_10/tail": pytest.approx(0.4),
    }
    text = data.tags["mlflow.note.content"]
    assert "2 candidates in 3 runs" in text
    assert "| model=vae | 0.2000 ± 0.1414 |\n| model=ease | 0.4000 |" in text


def test_long_descriptions_lose_whole_lines() -> None:
    row = "| a model | 0.1234 |"
    with Tracking().run("long", {}, Path("long")) as log:
        log.describe("\n".join([row] * 1000))
    *lines, last = mlflow.get_run(log.run_id).data.tags["mlflow.note.content"].splitlines()
    assert set(lines) == {row}
    assert last == "…"


def test_served_model_is_loaded_without_noise(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What native code writes to standard error when it is loaded."""

    def noisy(folder: Path, retrieval: str) -> Any:
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called\n")
        return SimpleNamespace(recommender=SimpleNamespace(about_retrieval=None))

    monkeypatch.setattr(serving, "ServedModel", noisy)
    monkeypatch.delenv("LREC_DEBUG", raising=False)
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    serving._load_pyfunc("somewhere")
    assert capfd.readouterr().err == ""
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "3"
