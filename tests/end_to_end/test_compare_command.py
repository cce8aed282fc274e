"""`lrec compare` and `lrec reveal` as people use them: real runs, pages, and clear refusals."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from helpers.cli import Answer, CommandLine

WORLD = (
    *("dataset.n_users=700", "dataset.n_items=400"),
    *("schedule.epochs=1", "tracking.log_model=false"),
)
MODELS = ("popularity", "itemknn", "vae")


@pytest.fixture(scope="module")
def compared(lrec: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answer]:
    """A folder where a comparison trained what it needed."""
    folder = tmp_path_factory.mktemp("compared")
    lrec.give_store(folder)
    candidates = f"candidates=[{','.join(MODELS)}]"
    answer = lrec(folder, "compare", candidates, "seeds=[1,2]", "resamples=500", *WORLD)
    assert answer.rc == 0, answer.err
    return folder, answer


@pytest.fixture(scope="module")
def revealed(
    lrec: CommandLine, compared: tuple[Path, Answer], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Answer]:
    """A folder where histories were revealed to two models."""
    folder = tmp_path_factory.mktemp("revealed")
    lrec.give_store(folder)
    world = ("dataset.n_users=700", "dataset.n_items=400", "schedule.epochs=1")
    candidates = "candidates=[itemknn,vae]"
    answer = lrec(folder, "reveal", candidates, "min_users=10", "resamples=200", *world)
    assert answer.rc == 0, answer.err
    return folder, answer


def output(folder: Path, name: str) -> Path:
    """The newest file of that name."""
    return max(folder.glob(f"outputs/*/*/{name}"), key=lambda path: path.stat().st_mtime)


def runs(folder: Path, command: str) -> pd.DataFrame:
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    found = mlflow.search_runs(experiment_names=["lrec"])
    return found[found["tags.lrec.command"] == command]


def check_page(path: Path) -> str:
    """A page that needs nothing but itself, with every element closed; its text."""
    html = path.read_text()
    assert not re.search(r"https?://|<script|<link|@import|url\(", html)
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html
    assert 'name="viewport"' in html
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    return " ".join(parser.words)


class Balanced(HTMLParser):
    """Remembers elements that are open, and text."""

    VOID = ("meta", "br", "polyline", "polygon")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words += data.split()


def test_one_command_trains_compares_and_writes_the_page(compared: tuple[Path, Answer]) -> None:
    folder, answer = compared
    assert "6 runs: 0 found, 6 to train" in answer.out
    assert len(runs(folder, "train")) == 6
    text = check_page(output(folder, "comparison.html"))
    for words in (*MODELS, "tail", "torso", "head", "cold", "For the tail (n <= ", "lrec compare"):
        assert words in text
    run = runs(folder, "compare").iloc[0]
    listed = mlflow.MlflowClient().list_artifacts(run["run_id"])
    assert {f.path for f in listed} == {f"comparison.{kind}" for kind in ("csv", "json", "html")}


def test_table_json_and_store_tell_the_same(compared: tuple[Path, Answer]) -> None:
    folder, _ = compared
    table = pd.read_csv(output(folder, "comparison.csv"))
    document = json.loads(output(folder, "comparison.json").read_text())
    baseline = document["baseline"]
    assert baseline in ("popularity", "itemknn")
    assert len(document["rows"]) == len(table)
    primary = table[table["metric"] == "ndcg_at_10"].set_index(["model", "bucket"])
    run = runs(folder, "compare").iloc[0]
    for row in document["rows"]:
        if row["metric"] == "ndcg_at_10" and row["difference"] is not None:
            key = (row["model"], row["bucket"])
            assert primary.loc[key, "difference"] == pytest.approx(row["difference"])
            logged = run[f"metrics.difference/ndcg_at_10/{row['bucket']}/{row['model']}"]
            assert logged == pytest.approx(row["difference"])


def test_values_are_those_of_the_runs(compared: tuple[Path, Answer]) -> None:
    folder, _ = compared
    table = pd.read_csv(output(folder, "comparison.csv")).set_index(["model", "metric", "bucket"])
    trained = runs(folder, "train")
    for model in ("itemknn", "vae"):
        own = trained[trained["params.model"] == model]
        for bucket in ("all", "tail", "head"):
            value = table.loc[(model, "recall_at_20", bucket), "value"]
            assert value == pytest.approx(own[f"metrics.recall_at_20/{bucket}"].mean())


def test_the_baseline_is_chosen_on_validation(compared: tuple[Path, Answer]) -> None:
    folder, _ = compared
    trained = runs(folder, "train")
    is_baseline = trained[trained["tags.lrec.simple"] == "True"]
    best = is_baseline.loc[is_baseline["metrics.val/ndcg_at_10/all"].idxmax(), "params.model"]
    assert json.loads(output(folder, "comparison.json").read_text())["baseline"] == best


def test_what_is_there_is_not_trained_again(
    lrec: CommandLine, compared: tuple[Path, Answer]
) -> None:
    folder, first = compared
    candidates = f"candidates=[{','.join(MODELS)}]"
    answer = lrec(folder, "compare", candidates, "seeds=[1,2]", "resamples=500", *WORLD)
    assert "6 runs: 6 found, 0 to train" in answer.out
    assert _table(answer.out) == _table(first.out)


def _table(out: str) -> list[str]:
    lines = out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("ndcg@10, difference to"))
    end = next(i for i, line in enumerate(lines) if line.startswith("page:"))
    return lines[start:end]


def test_runs_that_do_not_fit_are_refused_in_one_line(
    lrec: CommandLine, compared: tuple[Path, Answer]
) -> None:
    folder = compared[0]
    run = runs(folder, "train").iloc[0]["run_id"]
    for said, rc, words in (
        (f"runs=[{run}]", 1, "2 models are needed"),
        ("filter=model is nice", 1, "MLflow cannot read this filter"),
        ("model=vae", 2, "model is decided when a run is trained"),
    ):
        answer = lrec(folder, "compare", said)
        assert answer.rc == rc, said
        assert words in answer.complaint


def test_a_lost_user_table_is_told(
    lrec: CommandLine, compared: tuple[Path, Answer], tmp_path: Path
) -> None:
    """Both a table that is gone and one that is damaged."""
    trained = runs(compared[0], "train").set_index(["params.model", "params.seed"])
    run = trained.loc[("vae", "1")]
    table = Path(run["artifact_uri"].removeprefix("file://")) / "users.parquet"
    kept = tmp_path / "users.parquet"
    shutil.move(table, kept)
    try:
        answer = lrec(compared[0], "compare", "resamples=200")  # the newest run of each model
        assert answer.rc == 1
        assert f"run {run['run_id']} has no users.parquet" in answer.complaint
        table.write_bytes(kept.read_bytes()[:1000])
        answer = lrec(compared[0], "compare", "resamples=200")
        assert answer.rc == 1
        assert f"users.parquet of run {run['run_id']} cannot be read" in answer.complaint
    finally:
        shutil.copy(kept, table)


@pytest.mark.slow
def test_revealed_histories_have_a_page_and_curves_in_the_store(
    revealed: tuple[Path, Answer],
) -> None:
    folder, answer = revealed
    assert "users with" in answer.out
    text = check_page(output(folder, "reveal.html"))
    for words in ("itemknn", "vae", "popularity", "oracle", "n*", "lrec reveal"):
        assert words in text
    run = runs(folder, "reveal").iloc[0]
    client = mlflow.MlflowClient()
    history = client.get_metric_history(run["run_id"], "reveal/ndcg_at_10/vae")
    points = pd.read_csv(output(folder, "reveal.csv"))
    longest = points[points["cohort"] == points["cohort"].max()]
    own = longest[longest["model"] == "vae"]
    assert [m.step for m in history] == own["n"].tolist()
    assert [m.value for m in history] == pytest.approx(own["value"].tolist())


@pytest.mark.slow
def test_the_oracle_lies_above_every_curve(revealed: tuple[Path, Answer]) -> None:
    points = pd.read_csv(output(revealed[0], "reveal.csv"))
    oracle = points[points["model"] == "oracle"].set_index(["cohort", "n"])["value"]
    others = points[points["model"] != "oracle"].set_index(["cohort", "n"])
    assert (others["value"] < oracle.reindex(others.index)).all()


@pytest.mark.slow
def test_nothing_shown_is_popularity_for_everybody(revealed: tuple[Path, Answer]) -> None:
    points = pd.read_csv(output(revealed[0], "reveal.csv"))
    nothing = points[(points["n"] == 0) & (points["model"] != "oracle")]
    assert nothing.groupby("cohort")["value"].nunique().eq(1).all()
    assert nothing.set_index("model").loc["vae", "covered"].eq(0).all()


@pytest.mark.parametrize(
    ("said", "rc", "words"),
    [
        ("lengths=[1,2]", 2, "lengths must rise from 0"),
        ("lengths=[0,10]", 2, "lengths must have one from 1 to 8"),
        ("primary=arp_at_20", 2, "primary must be a metric of ranked lists"),
        ("runs=[RUN]", 1, "split=user_holdout"),
    ],
)
def test_wrong_settings_of_reveal_are_one_line(
    lrec: CommandLine,
    revealed: tuple[Path, Answer],
    compared: tuple[Path, Answer],
    said: str,
    rc: int,
    words: str,
) -> None:
    folder = revealed[0]
    if "RUN" in said:
        folder = compared[0]
        said = said.replace("RUN", runs(folder, "train").iloc[0]["run_id"])
    answer = lrec(folder, "reveal", said)
    assert answer.rc == rc, answer.err
    assert words in answer.complaint
