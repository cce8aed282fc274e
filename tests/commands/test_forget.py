"""People are removed from all that lrec keeps, and the rest is named."""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from helpers.cli import CommandLine
from helpers.printed_commands import check_command

from lrec.base.errors import ConfigError
from lrec.commands.forget import ForgetSettings, remove_rows, retraining
from lrec.data.cache_upkeep import prepared_files
from lrec.tracking.user_tables import ChangedTable


def test_rows_of_people_are_removed_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "users.parquet"
    table = pd.DataFrame({"user": ["a", "b", "c"], "items": [["x"], ["y", "z"], []]})
    table.to_parquet(path)
    assert remove_rows(path, {"b", "c", "nobody"}) == 2
    left = pd.read_parquet(path)
    assert left["user"].tolist() == ["a"]
    assert left["items"].tolist()[0].tolist() == ["x"]
    before = path.read_bytes()
    assert remove_rows(path, {"b"}) == 0
    assert path.read_bytes() == before
    pd.DataFrame({"user_id": [7, 7, 8]}).to_parquet(path)
    assert remove_rows(path, {"7"}) == 2
    pd.DataFrame({"item": ["b"]}).to_parquet(path)
    assert remove_rows(path, {"b"}) == 0


@pytest.mark.parametrize("user", [[], "", ["a", ""]])
def test_nobody_is_refused(user: object) -> None:
    with pytest.raises(ConfigError, match="user must be an id, or a list of ids"):
        ForgetSettings(user=user, folder="outputs", cache=None)  # type: ignore[arg-type]


def test_a_person_is_forgotten(tmp_path: Path, lrec: CommandLine, tiny: Path) -> None:
    """The table of one run has pseudonyms, the other's ids; a third run is on other data."""
    lrec.give_store(tmp_path)
    own = {"LREC_CACHE": str(tmp_path / "cache")}
    other = tmp_path / "other.csv"
    other.write_text(tiny.read_text().replace("person-", "client-"))
    quick = ("model=popularity", "split=leave_one_out", "tracking.log_model=false")
    for path, keep in ((tiny, "false"), (tiny, "true"), (other, "false")):
        words = ("dataset=csv", f"dataset.path={path}", f"tracking.keep_user_ids={keep}", *quick)
        answer = lrec(tmp_path, "train", *words, f"hydra.run.dir=outputs/{path.stem}-{keep}", **own)
        assert answer.rc == 0, answer.err
    feedback = tmp_path / "outputs" / "update" / "interactions.parquet"
    feedback.parent.mkdir()
    pd.DataFrame({"user_id": ["person-020", "amy", "person-020"]}).to_parquet(feedback)

    def people() -> dict[str, int]:
        tables = (tmp_path / "outputs").rglob("users.parquet")
        return {path.parent.name: len(pd.read_parquet(path)) for path in tables}

    before = people()
    said = lrec(tmp_path, "forget", "user=[person-020,person-030]", **own)
    assert (said.rc, said.err) == (0, "")
    assert "cache: 1 prepared data sets removed" in said.out
    assert "user tables in outputs: 4 rows of 2 files" in said.out
    assert "stored feedback in outputs: 2 rows of 1 files" in said.out
    assert "user tables in MLflow: 4 rows of 2 runs" in said.out
    assert "pseudonyms in 1 runs on other data" in said.out
    for words in ("weights of models", "dataset.path", "metrics, comparisons", "recommend to="):
        assert words in said.out
    lost = {name: n - people()[name] for name, n in before.items()}
    assert lost == {"tiny-false": 2, "tiny-true": 2, "other-false": 0}
    assert pd.read_parquet(feedback)["user_id"].tolist() == ["amy"]
    assert len(prepared_files(tmp_path / "cache")) == 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
        runs = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
        for run in runs:
            path = mlflow.artifacts.download_artifacts(
                run_id=run.info.run_id, artifact_path="users.parquet", dst_path=str(tmp_path)
            )
            folder = Path(run.data.tags["lrec.folder"]).name
            assert len(pd.read_parquet(path)) == people()[folder]
            named = run.info.run_id in said.out.partition("out of reach")[2]
            assert named == folder.startswith("tiny")
    kept = pd.read_parquet(tmp_path / "outputs" / "tiny-true" / "users.parquet")
    assert not np.isin(["person-020", "person-030"], kept["user"]).any()
    again = lrec(tmp_path, "forget", "user=person-020", **own)
    assert "nothing was found" in again.out


def test_damaged_tables_stop_nothing_but_the_cache(
    tmp_path: Path, lrec: CommandLine, tiny: Path
) -> None:
    lrec.give_store(tmp_path)
    own = {"LREC_CACHE": str(tmp_path / "cache")}
    words = ("model=popularity", "split=leave_one_out", "dataset=csv", f"dataset.path={tiny}")
    for name in ("first", "second"):
        answer = lrec(tmp_path, "train", *words, f"hydra.run.dir=outputs/{name}", **own)
        assert answer.rc == 0, answer.err
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    newest = mlflow.search_runs(experiment_names=["lrec"], output_format="list")[0]
    kept = Path(newest.info.artifact_uri.removeprefix("file://")) / "users.parquet"
    damaged = [tmp_path / "outputs" / "second" / "users.parquet", kept]
    frame = tmp_path / "outputs" / "frames" / "0f" / "frame.parquet"
    frame.parent.mkdir(parents=True)
    pd.DataFrame({"user": ["person-020", "amy"], "item": ["a", "b"]}).to_parquet(frame)
    for path in damaged:
        path.write_text("no table")
    said = lrec(tmp_path, "forget", "user=person-020", **own)
    assert said.rc == 1
    assert "outputs/second/users.parquet cannot be read" in said.complaint
    assert f"run {newest.info.run_id}: users.parquet cannot be read" in said.complaint
    assert "user tables in outputs: 1 rows of 1 files" in said.out
    assert "user tables in MLflow: 1 rows of 1 runs" in said.out
    assert "data frames in outputs: 1 rows of 1 files" in said.out
    assert pd.read_parquet(frame)["user"].tolist() == ["amy"]
    assert "the cache is kept" in said.out
    assert prepared_files(tmp_path / "cache")
    for path in damaged:
        path.unlink()
    again = lrec(tmp_path, "forget", "user=person-020", **own)
    assert (again.rc, again.err) == (0, "")
    assert not prepared_files(tmp_path / "cache")


def test_forgetting_makes_no_store(tmp_path: Path, lrec: CommandLine) -> None:
    said = lrec(tmp_path, "forget", "user=5", LREC_CACHE=str(tmp_path / "cache"))
    assert (said.rc, said.err) == (0, "")
    assert "nothing was found" in said.out
    assert not (tmp_path / "mlflow.db").exists()


def table(
    run: str, model: str, digest: str, started: int, overrides: str, **tags: str
) -> ChangedTable:
    own = {"lrec.command": "train", "lrec.overrides": overrides} | {
        f"lrec.{key}": value for key, value in tags.items()
    }
    return ChangedTable(run, digest, 1, model, own, started)


def test_few_commands_train_again_what_matters() -> None:
    """The newest of a model and data; an update after what it goes on from, by its model's name."""
    held = [
        *(table(f"a{n}", "vae", "d1", n, f"model=vae seed={n} hydra.run.dir=x") for n in range(5)),
        table("e", "ease", "d1", 6, "model=ease"),
        table("u0", "vae", "d2", 7, "run=a4 feedback=new.csv retrain=true", **{"for": "update"}),
        table("u", "vae", "d2", 8, "run=a4 feedback=new.csv", updates="a4"),
        table("i", "itemknn", "d1", 1, "model=itemknn"),
        ChangedTable("evaluation", "d1", 1, "", {"lrec.command": "evaluate"}, 9),
    ]
    commands, more = retraining(held)
    assert [" ".join(words) for words in commands] == [
        "lrec train model=vae seed=4",
        "lrec update run=vae feedback=new.csv",
        "lrec train model=ease",
    ]
    assert more == 6
    for words in commands:
        check_command(words)


def test_an_update_whose_feedback_held_the_person_goes_on_from_the_same_run() -> None:
    held = [table("u", "vae", "d2", 8, "run=a4 feedback=new.csv", updates="a4")]
    assert retraining(held) == ([["lrec", "update", "run=a4", "feedback=new.csv"]], 0)
