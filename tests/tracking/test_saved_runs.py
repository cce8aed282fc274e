"""Saved runs by the names that people use for them."""

from __future__ import annotations

import shutil
from pathlib import Path

import mlflow
import pytest

from lrec.base.errors import MissingStoreError
from lrec.tracking import finished, folder_of, run_names
from lrec.tracking.killed import killed_runs
from lrec.tracking.run_names import resolve
from lrec.tracking.saved_runs import find_run
from lrec.tracking.store import Store


@pytest.fixture
def runs(used_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Ids by the order in which they began: two models in two experiments, and a killed run."""
    shutil.copy(used_store, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    client = mlflow.MlflowClient()
    ids = {}
    for index, (label, experiment, model, command, status) in enumerate(
        [
            ("early", "lrec", "vae", "train", "FINISHED"),
            ("ease", "lrec", "ease", "train", "FINISHED"),
            ("late", "shop", "vae", "train", "FINISHED"),
            ("comparison", "lrec", "", "compare", "FINISHED"),
            ("sweep", "lrec", "", "sweep", "FINISHED"),
            ("killed", "lrec", "ease", "train", "KILLED"),
        ],
        start=1,
    ):
        known = mlflow.get_experiment_by_name(experiment)
        experiment_id = known.experiment_id if known else mlflow.create_experiment(experiment)
        tags = {"lrec.command": command}
        run = client.create_run(experiment_id, 1000 * index, tags, f"{model}-seed1")
        ids[label] = run.info.run_id
        client.log_param(run.info.run_id, "model", model)
        client.set_terminated(run.info.run_id, status)
    return ids


@pytest.mark.parametrize(
    ("name", "found"),
    [("latest", "late"), ("vae", "late"), ("ease", "ease"), ("ease-seed1", "ease")],
)
def test_run_is_found_by_what_people_call_it(name: str, found: str, runs: dict[str, str]) -> None:
    assert resolve(name) == runs[found]


def test_a_models_name_means_the_run_that_was_trained_for_itself(
    runs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the newer steps of other commands, which it means where there is nothing else."""
    monkeypatch.setattr(run_names, "PAGE", 2)
    client = mlflow.MlflowClient()

    def train(model: str, start: int, **tags: str) -> str:
        own = {"lrec.command": "train", **{f"lrec.{key}": value for key, value in tags.items()}}
        experiment = mlflow.get_experiment_by_name("lrec").experiment_id
        run_id = client.create_run(experiment, start, own, f"{model}-seed1").info.run_id
        client.log_param(run_id, "model", model)
        client.set_terminated(run_id, "FINISHED")
        return str(run_id)

    for later, purpose in enumerate(("tune", "reveal", "simulate", "update")):
        newest = train("vae", 10_000 + later, **{"for": purpose})
    assert resolve("vae") == resolve("vae-seed1") == runs["late"]
    assert resolve("latest") == newest
    assert resolve(newest[:20]) == newest
    compared = train("vae", 20_000, **{"for": "compare"})
    assert resolve("vae") == compared
    updated = train("vae", 30_000, **{"for": "update", "updates": compared})
    assert resolve("vae") == updated
    train("dae", 40_000, **{"for": "tune"})
    confirmed = train("dae", 50_000, **{"for": "tune"})
    assert resolve("dae") == confirmed


def test_run_is_found_by_the_first_letters_of_its_id(runs: dict[str, str]) -> None:
    for label in ("early", "ease", "late"):
        assert resolve(runs[label][:12]) == runs[label]
        assert resolve(runs[label]) == runs[label]


def test_sweeps_and_killed_runs_have_a_latest_of_their_own(runs: dict[str, str]) -> None:
    assert resolve("latest", "sweep") == runs["sweep"]
    assert resolve("latest", finished=False) == runs["killed"]
    assert resolve("ease", finished=False) == runs["killed"]


def test_unknown_and_ambiguous_names_are_refused(runs: dict[str, str]) -> None:
    with pytest.raises(RuntimeError, match=r"^there is no run itemknn in sqlite.* or by latest\.$"):
        resolve("itemknn")
    with pytest.raises(RuntimeError, match=r"^several runs begin with : .*Give more letters\.$"):
        resolve("")


def test_a_finished_run_cannot_go_on_and_says_what_can_be_done(runs: dict[str, str]) -> None:
    early = runs["early"]
    for act in (lambda: resolve(early[:12], finished=False), lambda: folder_of(early)):
        with pytest.raises(RuntimeError, match=f"^run {early} is finished: there is nothing") as e:
            act()
        assert f"lrec evaluate run={early}" in str(e.value)
        assert f"lrec recommend run={early}" in str(e.value)
    with pytest.raises(RuntimeError, match=r"is finished"):
        resolve("vae", finished=False)


def test_a_killed_run_cannot_be_used_and_says_how_to_go_on(runs: dict[str, str]) -> None:
    killed = runs["killed"]
    with pytest.raises(RuntimeError, match=f"^run {killed} is KILLED.*train resume={killed} goes"):
        resolve(killed[:12])


@pytest.mark.parametrize("uri", ["sqlite:///{}/mlflow.db", "file://{}/mlruns", "{}/mlruns"])
def test_reading_makes_no_store(uri: str, tmp_path: Path) -> None:
    mlflow.set_tracking_uri(uri.format(tmp_path))
    for act in (
        lambda: resolve("latest"),
        lambda: finished("lrec"),
        lambda: find_run(Store(), "0" * 32),
    ):
        with pytest.raises(MissingStoreError, match="runs belong to the folder that they were"):
            act()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("uri", ["postgresql://u:secret@localhost:1/x", "mysql+nodriver://h/x"])
def test_a_database_that_cannot_be_reached_is_one_line(uri: str) -> None:
    """Where its driver is missing, too; and nobody takes it for a run that is missing."""
    mlflow.set_tracking_uri(uri)
    acts = (lambda: resolve("ease"), lambda: list(killed_runs("lrec", "0", "0")))
    for act in acts:
        with pytest.raises(RuntimeError, match=r"^MLflow at .* does not answer: ") as caught:
            act()
        assert "secret" not in str(caught.value)
