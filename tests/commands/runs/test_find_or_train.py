"""Many runs in a row: a line for each, and what they print in their folders."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import mlflow
import pytest
from helpers.composing import checked, composed
from helpers.saved_runs import saved_run

from lrec.commands.composing import ComposedConfig, Job, prepare
from lrec.commands.runs import find_or_train as module
from lrec.commands.runs.find_or_train import OUTPUT, find_or_train, job_words, killed, train
from lrec.commands.settings import RunSettings
from lrec.commands.train import experiment
from lrec.commands.train.callbacks import ValidationCallback
from lrec.commands.train.experiment import TrainResult
from lrec.reporting.terminal import Screen


def result(best: float) -> TrainResult:
    nothing: Any = None
    name = "val/ndcg_at_10/all"
    return TrainResult(
        nothing,
        nothing,
        nothing,
        nothing,
        [],
        {name: best},
        name,
        1.0,
        1.0,
        saved_run("vae"),
        nothing,
    )


def test_a_run_is_one_line_and_its_output_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    jobs = []
    for seed in (1, 2, 3):
        overrides = ["model=popularity", "tracking.uri=sqlite:///runs.db", f"seed={seed}"]
        folder = tmp_path / "runs" / str(seed)
        config = ComposedConfig({}, overrides, {}, folder)
        jobs.append((checked(composed("model=popularity", f"seed={seed}")), config))

    def launch(settings: Any, config: ComposedConfig) -> TrainResult:
        Screen().line(f"a table of seed {settings.seed}")
        if settings.seed == 2:
            raise RuntimeError("diverged")
        return result(settings.seed / 10)

    train(jobs, launch, True, Screen())
    where, *lines = capsys.readouterr().out.splitlines()
    assert where.endswith(f"/*/{OUTPUT}")
    assert lines == [
        "run 1 of 3: popularity seed=1  validation ndcg@10/all 0.1000",
        "run 2 of 3: popularity seed=2  failed: diverged",
        "run 3 of 3: popularity seed=3  validation ndcg@10/all 0.3000",
    ]
    assert (jobs[2][1].folder / OUTPUT).read_text() == "a table of seed 3\n"
    failed = (jobs[1][1].folder / OUTPUT).read_text()
    assert failed.startswith("a table of seed 2\nTraceback")


def vae_job(tiny: Path, folder: Path) -> Job:
    overrides = [
        *("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out", "model=vae"),
        *("schedule.epochs=4", "schedule.patience=null", "schedule.evaluate_steps=1"),
        *("strategy=cpu", "tracking.log_model=false"),
    ]
    return prepare(composed(*overrides), RunSettings, {"model": "vae"}, overrides, folder)


@pytest.mark.usefixtures("eagerly")
def test_a_killed_run_goes_on_from_its_last_epoch(
    tiny: Path,
    used_store: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The same command has one run of a seed in MLflow, however often it was interrupted."""
    shutil.copy(used_store, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    save = ValidationCallback.save_state

    def interrupted(self: ValidationCallback, state: Any) -> None:
        save(self, state)
        if self.epochs == 2:
            raise KeyboardInterrupt

    command = ("compare", "candidates=[vae]", "seeds=[1]", "fresh=true")
    first = vae_job(tiny, tmp_path / "a" / "0-1")
    monkeypatch.setattr(ValidationCallback, "save_state", interrupted)
    with pytest.raises(KeyboardInterrupt):
        find_or_train([first], False, experiment.run, command)
    monkeypatch.setattr(ValidationCallback, "save_state", save)
    said = capsys.readouterr().out
    assert "interrupted in run 1 of 1. The same command finds" in said
    assert "go on: lrec compare 'candidates=[vae]' 'seeds=[1]'\n" in said

    later = vae_job(tiny, tmp_path / "b" / "0-1")
    assert list(killed({"key": later}, {})) == ["key"]
    (run_id,) = find_or_train([later], False, experiment.run, command)
    said = capsys.readouterr().out
    assert "1 runs: 0 found, 1 to train, 1 of them from where killed runs ended" in said
    where = "tags.`lrec.command` = 'train'"
    (run,) = mlflow.search_runs(
        experiment_names=["lrec"], filter_string=where, output_format="list"
    )
    assert (run.info.run_id, run.info.status) == (run_id, "FINISHED")
    losses = mlflow.MlflowClient().get_metric_history(run_id, "train/loss")
    assert [metric.step for metric in losses] == [1, 2, 3, 4]
    assert "going on after epoch 2" in (tmp_path / "a" / "0-1" / OUTPUT).read_text()
    assert find_or_train([later], False, experiment.run, command) == [run_id]
    assert not killed({"key": later}, {})


def test_a_run_is_named_by_what_tells_it_from_the_others(tmp_path: Path) -> None:
    def job(*words: str) -> Job:
        return checked(composed(*words)), ComposedConfig({}, list(words), {}, tmp_path)

    same = "dataset.path=a b.csv"
    jobs = [job("model=ease", "seed=1"), job("model=vae", "model.beta=0.1", "seed=1")]
    assert job_words(jobs) == ["", "model.beta=0.1"]
    quoted = [(s, ComposedConfig({}, [*c.overrides, same], {}, tmp_path)) for s, c in jobs]
    assert job_words(quoted) == ["", "model.beta=0.1"]
    assert job_words([job("model=vae", "seed=3")]) == ["seed=3"]


def test_a_job_that_keeps_histories_finds_no_run_that_has_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = [saved_run("sknn"), saved_run("sknn", 2, **{"tracking.keep_histories": True})]
    monkeypatch.setattr(module, "finished", lambda *_: runs)
    monkeypatch.setattr(module, "digest_of", lambda job: "c1")
    monkeypatch.setattr(module, "data_digest", lambda job, known: "d1")

    def found(*overrides: str) -> str | None:
        nothing: Any = None
        return module.find((checked(composed("model=sknn", *overrides)), nothing), {})

    assert found() == "sknn-1"
    assert found("tracking.keep_histories=true") == "sknn-2"
    runs.pop()
    assert found("tracking.keep_histories=true") is None
