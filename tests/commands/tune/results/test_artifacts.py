"""What `lrec tune` leaves: page, tables, preset and tested runs; and refusals of files."""

from __future__ import annotations

import re
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from helpers.cli import Answer, CommandLine
from helpers.composing import checked, composed
from helpers.pages import assert_in_order

from lrec.base.errors import ConfigError
from lrec.base.table_files import read_parquet
from lrec.commands.tune.settings import TuneSettings

OBJECTIVES = ("val/ndcg_at_10/tail", "val/ndcg_at_10/head")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("findings")


@pytest.fixture(scope="module")
def words(tiny: Path) -> list[str]:
    return [
        *("tune", "candidates=[vae]", "trials=2", f"monitor=[{','.join(OBJECTIVES)}]"),
        *("schedule.epochs=2", "model.hidden_sizes=[8]", "confirm_seeds=[1,2]"),
        *("to=mine/experiment/mine.yaml", "hydra.run.dir=out", "dataset=csv"),
        *(f"dataset.path={tiny}", "split=leave_one_out", "tracking.log_model=false"),
    ]


@pytest.fixture(scope="module")
def answer(lrec: CommandLine, folder: Path, words: list[str]) -> Answer:
    lrec.give_store(folder)
    answer = lrec(folder, *words)
    assert answer.rc == 0, answer.err
    return answer


def test_all_trials_are_a_table_and_keep_their_users_values(answer: Answer, folder: Path) -> None:
    """Those of the best epoch, whose value the study has."""
    trials = pd.read_csv(folder / "out" / "trials.csv")
    assert trials["number"].to_list() == [1, 2]
    assert trials["settings"][0] == "as it is"
    assert trials["front"].any()
    assert (trials["seconds"] > 0).all()
    assert (trials["epochs"] == 2).all()
    for number, row in enumerate(trials.to_dict("records")):
        users = read_parquet(folder / "out" / "0" / str(number) / "validation.parquet")
        assert list(users) == ["bucket/activity", "ndcg_at_10"]
        means = users.groupby("bucket/activity", observed=True)["ndcg_at_10"].mean()
        for objective in OBJECTIVES:
            group = objective.rpartition("/")[2]
            assert means[group] == pytest.approx(row[objective], rel=1e-5)


def test_the_page_needs_nothing_else_and_has_all_parts(answer: Answer, folder: Path) -> None:
    page = (folder / "out" / "tuning.html").read_text()
    parts = ["<h2>vae</h2>", "The front: no setting", "Trained again, on the test part",
             "What mattered", "No importance of parameters", "All trials of vae"]  # fmt: skip
    assert_in_order(page, parts)
    assert page.count("<h2>vae</h2>") == 1
    assert not re.search(r"""(src|href)=["'](?!data:|#)|<script|url\(|@import""", page)
    assert "prefers-color-scheme: dark" in page
    assert f"page: {folder / 'out' / 'tuning.html'}" in answer.out


def test_the_run_has_all_files_and_what_is_left_on_the_test_part(
    answer: Answer, folder: Path
) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    runs = mlflow.search_runs(experiment_names=["lrec"])
    tune = runs[runs["tags.lrec.command"] == "tune"].iloc[0]
    artifacts = {file.path for file in mlflow.MlflowClient().list_artifacts(tune["run_id"])}
    assert artifacts == {"tuning.html", "trials.csv", "candidates.csv", "confirmation.csv",
                         "pareto.png", "mine.yaml"}  # fmt: skip
    confirmed = runs[runs["tags.lrec.command"] == "train"]
    # the trial as it is has the config of a run with seed 1, but no test: it is not taken for one
    assert re.search(r"(\d) runs: 0 found, \1 to train", answer.out)
    assert set(confirmed["params.seed"]) == {"1", "2"}
    assert set(confirmed["tags.lrec.for"]) == {"tune"}
    rows = pd.read_csv(folder / "out" / "confirmation.csv")
    own = rows[(rows["model"] == "as it is") & (rows["bucket"] == "all")]
    plain = ~confirmed["tags.lrec.overrides"].str.contains("model.latent_size")
    (value,) = own.loc[own["metric"] == "ndcg_at_10", "value"]
    assert value == pytest.approx(confirmed.loc[plain, "metrics.ndcg_at_10/all"].mean())
    names = [name for name in tune.index if name.startswith("metrics.confirmed/vae/difference/")]
    assert any("/ndcg_at_10/all/" in name for name in names)
    assert tune["metrics.hypervolume/vae"] >= 0
    trial = runs[runs["tags.lrec.command"] == "trial"].iloc[0]
    kept = {file.path for file in mlflow.MlflowClient().list_artifacts(trial["run_id"])}
    assert "validation.parquet" in kept


def test_the_same_command_trains_nothing_and_writes_its_preset_again(
    lrec: CommandLine, answer: Answer, folder: Path, words: list[str]
) -> None:
    path = folder / "mine" / "experiment" / "mine.yaml"
    before = path.read_text()
    again = lrec(folder, *words)
    assert again.rc == 0, again.err
    assert ", 0 to train" in again.out
    assert path.read_text() == before


def test_the_preset_trains_the_winner(lrec: CommandLine, answer: Answer, folder: Path) -> None:
    assert "train it: lrec train --config-dir=mine +experiment=mine" in answer.out
    trained = lrec(folder, "train", "--config-dir=mine", "+experiment=mine")
    assert trained.rc == 0, trained.err
    trials = pd.read_csv(folder / "out" / "trials.csv")
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    run = mlflow.search_runs(experiment_names=["lrec"]).iloc[0]
    assert run["tags.lrec.overrides"] == "+experiment=mine"
    assert run["metrics.best/ndcg_at_10/tail"] == trials[OBJECTIVES[0]].max()


def test_another_s_file_is_refused_before_anything_is_trained(
    lrec: CommandLine, answer: Answer, folder: Path, words: list[str]
) -> None:
    (folder / "mine" / "experiment" / "own.yaml").write_text("# mine\nmodel: {}\n")
    refused = lrec(folder, *words, "to=mine/experiment/own.yaml", "search_seed=5")
    assert refused.rc == 2
    assert "is there already, and not of this study" in refused.complaint
    assert "vae 1" not in refused.out


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("candidates=[ease,vae]", "to is for one winner"),
        ("candidates=null", "to is for one winner"),
        ("to=mine.yml", "to must end in a preset's file"),
        ("'to=a/my preset.yaml'", "to must end in a preset's file"),
    ],
)
def test_a_file_that_cannot_be_one_preset_is_refused(override: str, reason: str) -> None:
    given = ["candidates=[ease]", "to=a.yaml", override.strip("'")]
    with pytest.raises(ConfigError, match=reason):
        checked(composed(*given, root="tune"), root=TuneSettings)
