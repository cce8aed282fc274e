"""`lrec blend` as users run it, and its run as other commands take it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from helpers.cli import Answer, CommandLine

from lrec.tracking import resolve

MEMBERS = ("ease", "popularity")
CANDIDATES = "candidates=[model=ease model.saved=float32,popularity]"


class Blended:
    """A folder with two trained members and their blend.

    Attributes:
        answer: of `lrec blend`.
        run: of the blend.
    """

    def __init__(self, folder: Path, tiny: Path, lrec: CommandLine) -> None:
        self.folder = folder
        self.lrec = lrec
        lrec.give_store(folder)
        self.words = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
        self.answer = self("blend", CANDIDATES, *self.words, "resamples=200", "requests=5")
        mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
        self.run = mlflow.get_run(resolve("blend"))

    def __call__(self, *arguments: str) -> Answer:
        answer = self.lrec(self.folder, *arguments)
        assert (answer.rc, answer.err) == (0, ""), answer.out
        return answer

    def newest(self, command: str) -> Any:
        mlflow.set_tracking_uri(f"sqlite:///{self.folder / 'mlflow.db'}")
        return mlflow.search_runs(
            experiment_names=["lrec"],
            filter_string=f"tags.`lrec.command` = '{command}'",
            output_format="list",
        )[0]


@pytest.fixture(scope="module")
def blended(tiny: Path, lrec: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> Blended:
    return Blended(tmp_path_factory.mktemp("blended"), tiny, lrec)


def test_a_blend_is_a_run_like_any_other(blended: Blended) -> None:
    run, out = blended.run, blended.answer.out
    assert "2 runs: 0 found, 2 to train" in out
    for words in ("weights by length", "gain over the best member", "p99 ms", "beside its members"):
        assert words in out
    tags, params, metrics = run.data.tags, run.data.params, run.data.metrics
    assert (tags["lrec.command"], tags["lrec.for"]) == ("train", "blend")
    assert (tags["lrec.simple"], params["model"]) == ("False", "blend")
    for name in MEMBERS:
        member = mlflow.get_run(params[f"member.{name}"])
        assert member.data.params["model"] == name
        assert params[f"model.members.{name}._target_"] == member.data.params["model._target_"]
        assert metrics[f"cost/p50_ms/{name}"] <= metrics[f"cost/p99_ms/{name}"]
    sizes = [metrics[f"cost/megabytes/{name}"] for name in (*MEMBERS, "blend")]
    assert sizes[2] > sizes[0] > sizes[1] == 0  # popularity is in every catalogue
    assert metrics["val/ndcg_at_10/all"] > 0
    low, gain, high = (metrics[f"gain{x}/ndcg_at_10/all"] for x in ("_low", "", "_high"))
    assert low <= gain <= high
    names = {file.path for file in mlflow.MlflowClient().list_artifacts(run.info.run_id)}
    assert {"weights.csv", "gain.csv", "costs.csv", "users.parquet", "metrics.json"} <= names


def test_weights_and_gain_are_what_the_tables_say(blended: Blended) -> None:
    folder = blended.folder / "tables"
    weights, gain = (
        pd.read_csv(
            mlflow.artifacts.download_artifacts(
                run_id=blended.run.info.run_id, artifact_path=f"{name}.csv", dst_path=str(folder)
            )
        )
        for name in ("weights", "gain")
    )
    own = weights.drop(columns="n")
    assert set(own) <= set(MEMBERS)
    np.testing.assert_allclose(own.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(gain["difference"], gain["blend"] - gain["value"], atol=1e-9)
    everyone = gain[gain["bucket"] == "all"]
    assert len(everyone) == len(MEMBERS)
    assert everyone["best"].sum() == 1
    buckets = gain[(gain["bucket"] != "all") & (gain["member"] == "ease")]
    assert buckets["users"].sum() == everyone["users"].iloc[0]
    best = everyone[everyone["best"]].iloc[0]
    logged = blended.run.data.metrics["gain/ndcg_at_10/all"]
    assert logged == pytest.approx(best["difference"])


def test_other_commands_take_it(blended: Blended) -> None:
    metrics = blended.run.data.metrics
    blended("evaluate", "run=blend")
    again = blended.newest("evaluate").data.metrics
    assert again == {name: metrics[name] for name in again}
    out = blended("recommend", "run=blend", "history=[]", "top=3").out
    assert "thing-" in out
    out = blended("compare", "runs=[blend,ease,popularity]", "resamples=200").out
    assert "blend" in out
    model = mlflow.pyfunc.load_model(f"runs:/{blended.run.info.run_id}/model")
    requests = pd.DataFrame({"history": [["thing-03", "thing-05"], []]})
    lists = model.predict(requests, params={"k": 4})
    assert [len(items) for items in lists["items"]] == [4, 4]
    assert not {"thing-03", "thing-05"} & set(lists["items"][0])


def test_an_update_gives_a_blend_of_updated_members(
    blended: Blended, tiny: Path, tmp_path: Path
) -> None:
    frame = pd.read_csv(tiny)
    late = pd.DataFrame(
        {
            "user_id": ["late"] * 4,
            "item_id": ["thing-00", "thing-01", "thing-new", "thing-02"],
            "rating": 4.0,
            "timestamp": frame["timestamp"].max() + np.arange(1, 5),
        }
    )
    path = tmp_path / "new.csv"
    late.to_csv(path, index=False)
    blended("update", f"run={blended.run.info.run_id}", f"feedback={path}", "evaluate=false")
    run = blended.newest("train")
    assert run.data.tags["lrec.updates"] == blended.run.info.run_id
    model = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    lists = model.predict(pd.DataFrame({"history": [["thing-00"]]}), params={"k": 100})
    assert "thing-new" in lists["items"][0]
    out = blended("update", f"run={blended.run.info.run_id}", f"feedback={path}").out
    assert "before" in out
    assert "the updated model is run" in out
    compared = blended.newest("update").data.metrics
    assert compared["updated/ndcg_at_10/all"] > 0
    assert compared["before/ndcg_at_10/all"] > 0


def test_runs_of_other_data_are_one_line(blended: Blended, tiny: Path) -> None:
    other = ("dataset=csv", f"dataset.path={tiny}", "split=ratio", "model=popularity")
    blended("train", *other)
    run = blended.newest("train").info.run_id
    answer = blended.lrec(blended.folder, "blend", f"runs=[ease,{run}]")
    assert answer.rc == 1
    assert "are not comparable: split is leave_one_out and ratio" in answer.complaint
