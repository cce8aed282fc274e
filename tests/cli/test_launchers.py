"""Sweeps whose jobs run elsewhere: presets of launchers, and the parent run they share."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import mlflow
import pytest
from helpers.cli import CommandLine
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from lrec.base.config.conf import CONF, options
from lrec.cli.sweep import SweepCallback

PLUGINS = {
    "processes": ("joblib", "sweep"),
    "ray_cluster": ("ray", "ray"),
    "slurm": ("submitit", "slurm"),
}


def has(plugin: str) -> bool:
    try:
        return find_spec(f"hydra_plugins.hydra_{plugin}_launcher") is not None
    except ModuleNotFoundError:
        return False


def test_every_launcher_needs_a_known_plugin() -> None:
    assert options("hydra/launcher") == sorted(PLUGINS)


@pytest.mark.parametrize("name", sorted(PLUGINS))
def test_preset_composes_or_names_what_to_install(
    name: str, lrec: CommandLine, tmp_path: Path
) -> None:
    plugin, extra = PLUGINS[name]
    if has(plugin):
        with initialize_config_dir(str(CONF), version_base="1.3"):
            composed = compose(
                "config", overrides=[f"hydra/launcher={name}"], return_hydra_config=True
            )
        assert f"hydra_{plugin}_launcher" in composed.hydra.launcher._target_
        own = OmegaConf.load(CONF / "hydra" / "launcher" / f"{name}.yaml").hydra.launcher
        assert OmegaConf.merge(composed.hydra.launcher, own) == composed.hydra.launcher
        return
    answer = lrec(tmp_path, "train", "-m", f"hydra/launcher={name}", "seed=1,2")
    assert answer.rc == 2
    assert f"is not installed: pip install 'lrec[{extra}]'" in answer.complaint
    assert not (tmp_path / "mlflow.db").exists()


def test_launcher_with_a_typo_is_named(lrec: CommandLine, tmp_path: Path) -> None:
    answer = lrec(tmp_path, "train", "-m", "hydra/launcher=proceses", "seed=1,2")
    assert answer.rc == 2
    assert "hydra/launcher=proceses: no such launcher (did you mean processes?)" in answer.complaint


def test_the_sweeper_that_is_gone_names_the_command(lrec: CommandLine, tmp_path: Path) -> None:
    answer = lrec(tmp_path, "train", "-m", "hydra/sweeper=optuna", "seed=1,2")
    assert answer.rc == 2
    assert "Optuna searches by a command of its own, lrec tune" in answer.complaint


@pytest.fixture
def here() -> Iterator[None]:
    """Jobs are unpickled in processes that find what this one finds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", ":".join(path for path in sys.path if path))
        yield


@pytest.mark.slow
@pytest.mark.skipif(not has("joblib"), reason="needs pip install lrec[sweep]")
def test_jobs_in_processes_are_children_of_one_run(
    lrec: CommandLine, tiny: Path, tmp_path: Path, here: None
) -> None:
    common = ("hydra/launcher=processes", "dataset=csv", f"dataset.path={tiny}")
    common = (*common, "split=leave_one_out", "schedule.epochs=2")
    good = lrec.program(tmp_path, "train", "-m", *common, "model=popularity,itemknn")
    assert good.rc == 0, good.err
    rates = "schedule.learning_rate=1e30,1e-3"
    bad = lrec.program(
        tmp_path, "train", "-m", *common, "model=vae", rates, "tracking.experiment=bad"
    )
    assert bad.rc == 1
    assert "failed: the training loss is" in bad.err

    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    for experiment, parent_status, statuses in (
        ("lrec", "FINISHED", ["FINISHED", "FINISHED"]),
        ("bad", "FAILED", ["FAILED", "FINISHED"]),
    ):
        runs = mlflow.search_runs(experiment_names=[experiment], output_format="list")
        (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
        children = [run for run in runs if run is not parent]
        assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
        assert sorted(run.info.status for run in children) == statuses
        assert parent.info.status == parent_status


@pytest.mark.parametrize("launcher", [None, *sorted(PLUGINS)])
def test_jobs_of_a_launcher_are_workers_of_one_study(
    launcher: str | None, lrec: CommandLine, tiny: Path, tmp_path: Path, here: None
) -> None:
    """Hydra's own launcher is always there; of the others, joblib works in one machine's tests."""
    if launcher is not None and (launcher != "processes" or not has("joblib")):
        pytest.skip("needs pip install lrec[sweep]; Ray and Slurm need their clusters")
    lrec.give_store(tmp_path)
    words = ("candidates=[popularity,itemknn]", "trials=3", "study=shared", "dataset=csv")
    words = (*words, f"dataset.path={tiny}", "split=leave_one_out", "storage=shared.journal")
    chosen = () if launcher is None else (f"hydra/launcher={launcher}",)
    run = lrec if launcher is None else lrec.program
    jobs = run(tmp_path, "tune", "-m", "worker=1,2", *chosen, *words)
    assert jobs.rc == 0, jobs.err
    summary = lrec(tmp_path, "tune", *words)
    assert (summary.rc, summary.err) == (0, "")
    assert summary.out.count("of which 3 trials are there already") == 2
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    runs = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    trials = [run for run in runs if run.data.tags["lrec.command"] == "trial"]
    assert (
        sorted(run.data.params["model"] for run in trials) == ["itemknn"] * 3 + ["popularity"] * 3
    )
    assert {run.info.status for run in runs} == {"FINISHED"}


def test_callback_of_a_sweep_reaches_other_processes_without_the_parent_run() -> None:
    callback = SweepCallback()
    callback.run = lambda: None  # type: ignore[assignment]  # holds the run, its lock and its store
    sent = pickle.loads(pickle.dumps(callback))
    assert isinstance(sent, SweepCallback)
    assert sent.run is None
