"""`lrec tune` and sweeps: equal budgets, the Pareto set, and refusals."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from helpers.cli import CommandLine


def small(tiny: Path) -> tuple[str, ...]:
    """Overrides that make a run quick."""
    data = ("dataset=csv", f"dataset.path={tiny}")
    return (*data, "split=leave_one_out", "tracking.log_model=false")


@pytest.fixture(scope="module")
def tuned(lrec: CommandLine, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where two simple models were tuned for the tail, two tries each."""
    folder = tmp_path_factory.mktemp("tuned")
    lrec.give_store(folder)
    answer = lrec(
        folder,
        "tune",
        "candidates=[ease,itemknn]",
        "trials=2",
        "monitor=val/ndcg_at_10/tail",
        *small(tiny),
    )
    assert answer.rc == 0, answer.err
    assert "Pareto set of 4 runs" in answer.out
    assert "next, on the test part: lrec compare 'candidates=[" in answer.out.splitlines()[-1]
    return folder


def test_every_candidate_gets_the_same_budget(tuned: Path) -> None:
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{tuned / 'mlflow.db'}")
    runs = mlflow.search_runs(experiment_names=["lrec"])
    tune = runs[runs["tags.lrec.command"] == "tune"].iloc[0]
    trained = runs[runs["tags.lrec.command"] == "train"]
    assert trained["params.model"].value_counts().to_dict() == {"ease": 2, "itemknn": 2}
    assert "| ease | 0 |" in tune["tags.mlflow.note.content"]
    assert tune["params.split"] == "leave_one_out"
    for candidate in ("ease", "itemknn"):
        assert tune[f"metrics.budget/trials/{candidate}"] == 2
        assert tune[f"metrics.budget/failed/{candidate}"] == 0
        assert tune[f"metrics.budget/minutes/{candidate}"] > 0
        values = trained.loc[trained["params.model"] == candidate, "metrics.best/ndcg_at_10/tail"]
        assert tune[f"metrics.best/{candidate}"] == values.max()
    assert len(set(trained["tags.mlflow.parentRunId"])) == 1
    artifacts = {f.path for f in mlflow.MlflowClient().list_artifacts(tune["run_id"])}
    assert artifacts == {"candidates.csv", "trials.csv", "pareto.png"}
    trials = pd.read_csv(mlflow.artifacts.download_artifacts(f"runs:/{tune['run_id']}/trials.csv"))
    assert trials["pareto"].any()


def test_a_sweep_ends_with_its_jobs_by_bucket_and_finds_finished_ones_again(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    """The second command names what the first one did, and more, as after a kill."""
    import mlflow

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
        ("trials=0", "trials must be positive. Received: 0"),
        ("candidates=[]", "candidates must be different, one at least"),
        ("candidates=[easy]", "no such model or preset (did you mean ease?)"),
        ("monitor=val/ndcg_at_10/nobody", "monitor must be a validation metric"),
    ],
)
def test_wrong_settings_are_one_line(
    lrec: CommandLine, tmp_path: Path, override: str, words: str
) -> None:
    answer = lrec(tmp_path, "tune", override)
    assert answer.rc == 2
    assert words in answer.complaint


def test_optuna_maximises_a_metric_of_the_tail(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    """The extra `sweep`: a study of three trials, by a validation metric of one bucket."""
    pytest.importorskip("hydra_plugins.hydra_optuna_sweeper", reason="needs the extra sweep")
    answer = lrec(
        tmp_path,
        "train",
        "-m",
        "hydra/sweeper=optuna",
        "hydra.sweeper.n_trials=3",
        "hydra.sweeper.n_jobs=1",
        "hydra.sweeper.direction=maximize",
        "monitor=val/ndcg_at_10/tail",
        "model=ease",
        "model.regularisation=tag(log,interval(10,1000))",
        *small(tiny),
    )
    assert answer.rc == 0, answer.err
    assert "Pareto set of 3 runs" in answer.out
