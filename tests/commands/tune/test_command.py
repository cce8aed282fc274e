"""`lrec tune` and sweeps: equal budgets, the Pareto set, and refusals."""

from __future__ import annotations

from pathlib import Path

import mlflow
import pandas as pd
import pytest
from helpers.cli import CommandLine

THREE = ("candidates=[ease,vae,popularity]", "trials=4", "monitor=val/ndcg_at_10/tail")


def small(tiny: Path) -> tuple[str, ...]:
    """Overrides that make a run quick."""
    data = ("dataset=csv", f"dataset.path={tiny}")
    return (*data, "split=leave_one_out", "schedule.epochs=4", "tracking.log_model=false")


@pytest.fixture(scope="module")
def tuned(lrec: CommandLine, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where three models were tuned for the tail, with four trials each at most."""
    folder = tmp_path_factory.mktemp("tuned")
    lrec.give_store(folder)
    answer = lrec(folder, "tune", *THREE, "confirm_seeds=[]", *small(tiny))
    assert answer.rc == 0, answer.err
    assert "vae: 4 trials; study " in answer.out
    assert "next, on the test part: lrec compare 'candidates=[" in answer.out
    return folder


def runs_of(folder: Path) -> pd.DataFrame:
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    return mlflow.search_runs(experiment_names=["lrec"])


def test_every_candidate_gets_the_same_budget_and_is_tried_as_it_is(tuned: Path) -> None:
    runs = runs_of(tuned)
    tune = runs[runs["tags.lrec.command"] == "tune"].iloc[0]
    trials = runs[runs["tags.lrec.command"] == "trial"]
    assert set(runs["status"]) == {"FINISHED"}
    assert trials["params.model"].value_counts().to_dict() == {"ease": 4, "vae": 4, "popularity": 4}
    for candidate in ("ease", "vae", "popularity"):
        assert tune[f"metrics.budget/trials/{candidate}"] == 4
        assert tune[f"metrics.budget/failed/{candidate}"] == 0
        assert tune[f"metrics.budget/minutes/{candidate}"] > 0
        own = trials[trials["params.model"] == candidate]
        assert tune[f"metrics.best/{candidate}"] == own["metrics.best/ndcg_at_10/tail"].max()
        assert len(own["params.model.window"].unique()) == (4 if candidate == "popularity" else 1)
    assert set(trials["tags.mlflow.parentRunId"]) == {tune["run_id"]}
    assert not [column for column in trials if column.startswith("metrics.ndcg_at_10")]  # no test
    frame = pd.read_csv(
        mlflow.artifacts.download_artifacts(f"runs:/{tune['run_id']}/candidates.csv")
    )
    assert frame["best"].ge(frame["as_it_is"]).all()


def test_the_same_command_trains_nothing_again_and_more_trials_go_on(
    tuned: Path, lrec: CommandLine, tiny: Path
) -> None:
    before = len(runs_of(tuned))
    again = lrec(tuned, "tune", *THREE, "confirm_seeds=[]", *small(tiny))
    assert (again.rc, again.err) == (0, "")
    assert "of which 4 trials are there already" in again.out
    assert len(runs_of(tuned)) == before + 1  # its own
    more = lrec(
        tuned, "tune", *THREE[1:], "candidates=[ease]", "trials=5", "confirm_seeds=[]", *small(tiny)
    )
    assert "ease: 5 trials, of which 4 trials are there already" in more.out
    assert "no trial is pruned before" not in more.out  # it has no epochs
    assert len(runs_of(tuned)) == before + 3


def test_a_named_study_of_other_data_is_refused(tuned: Path, lrec: CommandLine, tiny: Path) -> None:
    words = (
        "tune",
        "candidates=[popularity]",
        "trials=1",
        "study=mine",
        "confirm_seeds=[]",
        *small(tiny),
    )
    assert lrec(tuned, *words).rc == 0
    other = lrec(tuned, *words, "k=[5,10]")
    assert other.rc == 2
    assert "study=mine is of other data or settings, or searches another space" in other.complaint


def test_a_sweep_ends_with_its_jobs_by_bucket_and_finds_finished_ones_again(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    """The second command names what the first one did, and more, as after a kill."""
    lrec.give_store(tmp_path)
    models = ("popularity,itemknn", "popularity,itemknn,ease")
    first, second = (
        lrec(tmp_path, "train", "-m", f"model={names}", "seed=1,2", *small(tiny))
        for names in models
    )
    assert (first.rc, second.rc) == (0, 0), first.err + second.err
    assert first.out.count("found run") == 2  # neither depends on the seed
    assert "Pareto set of 2 runs" in first.out
    assert second.out.count("found run") == 5
    assert "val ndcg@10 of 3 runs" in second.out
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    runs = mlflow.search_runs(experiment_names=["lrec"])
    assert len(runs[runs["tags.lrec.command"] == "train"]) == 3
    parent = runs[runs["tags.lrec.command"] == "sweep"].iloc[0]
    assert f"next: lrec compare sweep={parent['run_id']}" in second.out
    assert "3 candidates in 3 runs" in parent["tags.mlflow.note.content"]
    artifacts = {f.path for f in mlflow.MlflowClient().list_artifacts(parent["run_id"])}
    assert artifacts == {"trials.csv", "pareto.png"}
    compared = lrec(tmp_path, "compare", f"sweep={parent['run_id']}", "resamples=100")
    assert compared.rc == 0, compared.err
    assert "taken: ease, itemknn, popularity (seeds 1) on csv" in compared.out


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("trials=0", "trials must be positive, or null. Received: 0"),
        ("trials=null", "a study needs an end"),
        ("storage=/proc/no/where", "the storage of studies cannot be opened: No such file"),
        ("candidates=[]", "candidates must be different, one at least"),
        ("candidates=[easy]", "no such model or preset (did you mean ease?)"),
        ("monitor=val/ndcg_at_10/nobody", "monitor must be a validation metric"),
        ("split.validation=0", "split=global_time leaves nobody in it: give it a share"),
    ],
)
def test_wrong_settings_are_one_line(
    lrec: CommandLine, tmp_path: Path, override: str, words: str
) -> None:
    answer = lrec(tmp_path, "tune", override)
    assert answer.rc == (1 if override.startswith(("storage", "split")) else 2)
    assert words in answer.complaint
