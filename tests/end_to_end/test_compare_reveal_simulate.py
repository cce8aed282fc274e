"""`lrec compare`, `reveal` and `simulate` as users run them: real runs, pages, and refusals."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from helpers.cli import Answer, CommandLine

MODELS = ("popularity", "itemknn", "vae")
CANDIDATES = f"candidates=[{','.join(MODELS)}]"
SMALL = (
    *("dataset.n_users=700", "dataset.n_items=400"),
    *("schedule.epochs=1", "tracking.log_model=false"),
)
# Of reveal and simulate, which load the models; simulate finds the runs that reveal has trained.
HELD_OUT = (*SMALL[:3], "tracking.experiment=held-out")


class Workspace:
    """A folder with one MLflow store, in which each command runs once."""

    def __init__(self, folder: Path, lrec: CommandLine) -> None:
        self.folder = folder
        self.lrec = lrec
        lrec.give_store(folder)

    def __call__(self, *arguments: str) -> Answer:
        return self.lrec(self.folder, *arguments)

    def run(self, *arguments: str) -> Answer:
        """Run a command that has to succeed."""
        answer = self(*arguments)
        assert answer.rc == 0, answer.err
        return answer

    def compare(self) -> Answer:
        return self.run("compare", CANDIDATES, "seeds=[1,2]", "resamples=500", *SMALL)

    def output(self, name: str) -> Path:
        """The newest file of that name."""
        paths = self.folder.glob(f"outputs/*/*/{name}")
        return max(paths, key=lambda path: path.stat().st_mtime)

    def runs(self, command: str, experiment: str = "lrec") -> pd.DataFrame:
        """Runs of a command, newest first."""
        mlflow.set_tracking_uri(f"sqlite:///{self.folder / 'mlflow.db'}")
        runs = mlflow.search_runs(experiment_names=[experiment])
        return runs[runs["tags.lrec.command"] == command]


@pytest.fixture(scope="session")
def workspace(lrec: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("workspace"), lrec)


@pytest.fixture(scope="session")
def compared(workspace: Workspace) -> Answer:
    """A comparison that trained its runs."""
    return workspace.compare()


@pytest.fixture(scope="session")
def revealed(workspace: Workspace) -> Answer:
    """Histories revealed to two models, which were trained for it."""
    candidates = "candidates=[itemknn,vae]"
    return workspace.run("reveal", candidates, "min_users=10", "resamples=200", *HELD_OUT)


@pytest.fixture(scope="session")
def simulated(workspace: Workspace, revealed: Answer) -> Answer:
    """A simulation with the same two models, and popularity."""
    return workspace.run("simulate", CANDIDATES, "rounds=4", "resamples=100", *HELD_OUT)


def check_page(path: Path) -> str:
    """A page that needs nothing but itself, with every element closed; its text."""
    html = path.read_text()
    assert not re.search(r"<script|<link|@import|url\(|src=", html)
    assert set(re.findall(r'https?://[^"/]*', html)) <= {"http://127.0.0.1:5000"}  # of runs
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


def test_one_command_trains_compares_and_writes_the_page(
    workspace: Workspace, compared: Answer
) -> None:
    assert "4 runs: 0 found, 4 to train" in compared.out  # two models have no seed
    assert len(workspace.runs("train")) == 4
    text = check_page(workspace.output("comparison.html"))
    for words in (
        *MODELS,
        "tail",
        "torso",
        "head",
        "cold",
        "For people with up to",
        "lrec compare",
    ):
        assert words in text
    run = workspace.runs("compare").iloc[0]
    assert "| bucket | value |" in run["tags.mlflow.note.content"]
    *_, last = compared.out.splitlines()
    assert re.match(
        r"next, with \w+: lrec train .*tracking.log_model=true", last
    )  # it was not kept
    parent = workspace.runs("sweep").iloc[0]
    assert "3 candidates in 4 runs" in parent["tags.mlflow.note.content"]
    assert parent["params.dataset"] == "synthetic"
    assert parent["metrics.model_vae/sd/ndcg_at_10/tail"] > 0
    listed = mlflow.MlflowClient().list_artifacts(run["run_id"])
    assert {f.path for f in listed} == {
        *(f"comparison.{kind}" for kind in ("csv", "json", "html", "tex")),
        *("comparison_wide.csv", "references.bib", "figures"),
    }
    references = workspace.output("references.bib").read_text()
    assert re.findall(r"^@\w+{(\w+),", references, re.M) == [
        "lrec",
        "sarwar2001item",
        "liang2018vae",
    ]


def test_table_json_and_store_hold_the_same(workspace: Workspace, compared: Answer) -> None:
    table = pd.read_csv(workspace.output("comparison.csv"))
    document = json.loads(workspace.output("comparison.json").read_text())
    baseline = document["baseline"]
    assert baseline in ("popularity", "itemknn")
    assert len(document["rows"]) == len(table)
    primary = table[table["metric"] == "ndcg_at_10"].set_index(["model", "bucket"])
    run = workspace.runs("compare").iloc[0]
    for row in document["rows"]:
        if row["metric"] == "ndcg_at_10" and row["difference"] is not None:
            key = (row["model"], row["bucket"])
            assert primary.loc[key, "difference"] == pytest.approx(row["difference"])
            logged = run[f"metrics.difference/ndcg_at_10/{row['bucket']}/{row['model']}"]
            assert logged == pytest.approx(row["difference"])


def test_values_are_those_of_the_runs(workspace: Workspace, compared: Answer) -> None:
    table = pd.read_csv(workspace.output("comparison.csv")).set_index(["model", "metric", "bucket"])
    trained = workspace.runs("train")
    for model in ("itemknn", "vae"):
        own = trained[trained["params.model"] == model]
        for bucket in ("all", "tail", "head"):
            value = table.loc[(model, "recall_at_20", bucket), "value"]
            mean = own[f"metrics.recall_at_20/{bucket}"].mean()
            assert value == pytest.approx(mean)
            wide = pd.read_csv(workspace.output("comparison_wide.csv")).set_index("model")
            assert wide.loc[model, f"recall_at_20/{bucket}"] == pytest.approx(mean)


def test_the_baseline_is_chosen_on_validation(workspace: Workspace, compared: Answer) -> None:
    trained = workspace.runs("train")
    is_baseline = trained[trained["tags.lrec.simple"] == "True"]
    best = is_baseline.loc[is_baseline["metrics.val/ndcg_at_10/all"].idxmax(), "params.model"]
    assert json.loads(workspace.output("comparison.json").read_text())["baseline"] == best


def test_windows_are_compared_as_replicates(workspace: Workspace) -> None:
    """Also when they are found again without being named."""
    windows = ("split=rolling", "split.windows=3", "tracking.experiment=windows")
    small = ("resamples=200", *SMALL[:2])
    candidates = ("candidates=[popularity,itemknn]", "seeds=[1]", "windows=[0,1,2]")
    answer = workspace.run("compare", *candidates, *windows, *small)
    assert "6 runs: 0 found, 6 to train" in answer.out
    assert re.search(r"Of 3 windows, for .*: \w+ is ahead of \w+ in \d \(\d\) and", answer.out)
    text = check_page(workspace.output("comparison.html"))
    for words in (
        "How it moves over time",
        "window, oldest first",
        "means over window 0; window 1",
        "Which items it finds",
        "How far groups lie apart",
    ):
        assert words in text
    document = json.loads(workspace.output("comparison.json").read_text())
    assert document["parts"] == ["window 0", "window 1", "window 2"]
    trained = workspace.runs("train", "windows")
    own = trained[trained["params.model"] == "itemknn"]["metrics.ndcg_at_10/tail"]
    (row,) = (
        row
        for row in document["rows"]
        if (row["model"], row["metric"], row["bucket"]) == ("itemknn", "ndcg_at_10", "tail")
    )
    assert row["value"] == pytest.approx(own.mean())
    assert row["seeds_sd"] == pytest.approx(own.std())
    heads = trained[trained["params.model"] == "itemknn"][
        "metrics.item_recall_at_20/items-head/all"
    ]
    (found,) = (
        row["value"]
        for row in document["items"]
        if (row["measure"], row["items"], row["bucket"], row["model"])
        == ("item_recall_at_20", "items-head", "all", "itemknn")
    )
    assert found == pytest.approx(heads.mean())
    of_windows = [
        row["value"]
        for row in document["course"]
        if (row["model"], row["bucket"]) == ("itemknn", "tail")
    ]
    assert sorted(of_windows) == pytest.approx(sorted(own))
    again = workspace.run("compare", "tracking.experiment=windows", "resamples=200")
    assert "(seeds 1, window 0, window 1, window 2) on synthetic" in again.out
    assert _table(again.out) == _table(answer.out)


def test_what_is_there_is_not_trained_again(workspace: Workspace, compared: Answer) -> None:
    answer = workspace.compare()
    assert "4 runs: 4 found, 0 to train" in answer.out
    assert _table(answer.out) == _table(compared.out)


def _table(out: str) -> list[str]:
    lines = out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("ndcg@10, difference to"))
    end = next(i for i, line in enumerate(lines) if line.startswith("page:"))
    return lines[start:end]


def test_saved_runs_are_compared_by_an_attribute(workspace: Workspace, compared: Answer) -> None:
    """The seeds of one model against a model without any, their users in new groups."""
    plans = [f"u{user},{('free', 'paid', '')[user % 3]}" for user in range(690)]
    (workspace.folder / "users.csv").write_text("\n".join(["user,plan", *plans, "nobody,free"]))
    trained = workspace.runs("train")
    ids = [
        trained[trained["params.model"] == model]["run_id"].iloc[0] for model in ("vae", "itemknn")
    ]
    keys = ("bucket.column.path=users.csv", "bucket.column.column=plan")
    answer = workspace.run(
        "compare", f"runs=[{','.join(ids)}]", "bucket=[activity,column]", *keys, "resamples=200"
    )
    assert "plan_free: plan is free, plan_paid: plan is paid, plan_missing: no plan" in answer.out
    assert "1 of the 691 users in users.csv are not in the data" in answer.out
    text = check_page(workspace.output("comparison.html"))
    assert "plan_paid" in text
    assert "Which items it finds" in text
    document = json.loads(workspace.output("comparison.json").read_text())
    assert {row["bucketing"] for row in document["fairness"]} == {"activity", "column"}
    (found,) = (
        row["value"]
        for row in document["items"]
        if (row["measure"], row["items"], row["bucket"], row["model"])
        == ("item_recall_at_20", "items-head", "tail", "itemknn")
    )
    own = trained[trained["run_id"] == ids[1]].iloc[0]
    assert found == pytest.approx(own["metrics.item_recall_at_20/items-head/tail"])


def test_runs_that_do_not_fit_are_refused_in_one_line(
    workspace: Workspace, compared: Answer
) -> None:
    run = workspace.runs("train").iloc[0]["run_id"]
    for override, rc, words in (
        (f"runs=[{run}]", 1, "2 models are needed"),
        ("filter=model is nice", 1, "MLflow cannot read this filter"),
        ("model=vae", 2, "model is decided when a run is trained"),
    ):
        answer = workspace("compare", override)
        assert answer.rc == rc, override
        assert words in answer.complaint


def test_a_lost_user_table_is_reported(
    workspace: Workspace, compared: Answer, tmp_path: Path
) -> None:
    """Both a table that is gone and one that is damaged."""
    trained = workspace.runs("train").set_index(["params.model", "params.seed"])
    run = trained.loc[("vae", "1")]
    table = Path(run["artifact_uri"].removeprefix("file://")) / "users.parquet"
    kept = tmp_path / "users.parquet"
    shutil.move(table, kept)
    try:
        answer = workspace("compare", "resamples=200")  # the newest run of each model
        assert answer.rc == 1
        assert f"run {run['run_id']} has no users.parquet" in answer.complaint
        table.write_bytes(kept.read_bytes()[:1000])
        answer = workspace("compare", "resamples=200")
        assert answer.rc == 1
        assert f"users.parquet of run {run['run_id']} cannot be read" in answer.complaint
    finally:
        shutil.copy(kept, table)


@pytest.mark.slow
def test_revealed_histories_have_a_page_and_curves_in_the_store(
    workspace: Workspace, revealed: Answer
) -> None:
    assert "users with" in revealed.out
    text = check_page(workspace.output("reveal.html"))
    for words in ("itemknn", "vae", "popularity", "oracle", "n*", "lrec reveal"):
        assert words in text
    run = workspace.runs("reveal", "held-out").iloc[0]
    assert "items or more" in run["tags.mlflow.note.content"]
    assert "\nnext: lrec simulate 'runs=[" in revealed.out
    client = mlflow.MlflowClient()
    history = client.get_metric_history(run["run_id"], "reveal/ndcg_at_10/vae")
    points = pd.read_csv(workspace.output("reveal.csv"))
    longest = points[points["cohort"] == points["cohort"].max()]
    own = longest[longest["model"] == "vae"]
    assert [m.step for m in history] == own["n"].tolist()
    assert [m.value for m in history] == pytest.approx(own["value"].tolist())


@pytest.mark.slow
def test_the_oracle_lies_above_every_curve(workspace: Workspace, revealed: Answer) -> None:
    points = pd.read_csv(workspace.output("reveal.csv"))
    oracle = points[points["model"] == "oracle"].set_index(["cohort", "n"])["value"]
    others = points[points["model"] != "oracle"].set_index(["cohort", "n"])
    assert (others["value"] < oracle.reindex(others.index)).all()


@pytest.mark.slow
def test_without_items_every_model_is_popularity(workspace: Workspace, revealed: Answer) -> None:
    points = pd.read_csv(workspace.output("reveal.csv"))
    nothing = points[(points["n"] == 0) & (points["model"] != "oracle")]
    assert nothing.groupby("cohort")["value"].nunique().eq(1).all()
    assert nothing.set_index("model").loc["vae", "covered"].eq(0).all()


@pytest.mark.parametrize(
    ("override", "rc", "words"),
    [
        ("lengths=[1,2]", 2, "lengths must rise from 0"),
        ("lengths=[0,10]", 2, "lengths must have one from 1 to 8"),
        ("primary=arp_at_20", 2, "primary must be a metric of ranked lists"),
        ("runs=[RUN]", 1, "split=user_holdout"),
    ],
)
def test_wrong_settings_of_reveal_are_one_line(
    workspace: Workspace, compared: Answer, override: str, rc: int, words: str
) -> None:
    run = workspace.runs("train").iloc[0]["run_id"]
    answer = workspace("reveal", override.replace("RUN", run))
    assert answer.rc == rc, answer.err
    assert words in answer.complaint


@pytest.mark.parametrize(
    ("candidates", "words"),
    [
        ("candidates=[ease,itemknn]", "a curve needs 60 users"),
        ('candidates=[ease,"model=itemknn split=ratio"]', "runs with split=ratio"),
    ],
)
def test_reveal_refuses_before_it_trains(
    tmp_path: Path, lrec: CommandLine, candidates: str, words: str
) -> None:
    answer = lrec(tmp_path, "reveal", candidates, "min_users=60", *SMALL[:3])
    assert (answer.rc, answer.out.count("to train")) == (1, 0)
    assert words in answer.complaint
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.slow
def test_simulation_has_a_table_a_document_and_a_page(
    workspace: Workspace, simulated: Answer
) -> None:
    assert simulated.err == ""
    assert "3 runs: 2 found, 1 to train" in simulated.out
    run = workspace.runs("simulate", "held-out").iloc[0]
    listed = mlflow.MlflowClient().list_artifacts(run["run_id"])
    assert {f.path for f in listed} == {f"simulate.{kind}" for kind in ("csv", "json", "html")}
    artifacts = Path(run["artifact_uri"].removeprefix("file://"))
    table = pd.read_csv(artifacts / "simulate.csv")
    assert set(table["model"]) == {*MODELS, "oracle", "random"}
    assert set(table["round"]) == {1, 2, 3, 4}
    assert {"all", "tail", "torso", "head"} <= set(table["bucket"])
    for name in ("activated", "hit", "accepted"):
        assert (table.groupby(["model", "bucket"])[name].diff().dropna() >= -1e-12).all()
    document = json.loads((artifacts / "simulate.json").read_text())
    assert document["answers"] == run["tags.lrec.answers"] == "ground truth"
    assert document["rounds"] == 4
    assert len(document["by_round"]) == len(table)
    assert {row["model"] for row in document["summary"]} == set(table["model"])
    check_page(artifacts / "simulate.html")
    page = (artifacts / "simulate.html").read_text()
    assert "<svg" in page
    assert f"lrec simulate '{CANDIDATES}'" in unescape(page)  # quoted for a shell
    assert not re.search(r"\bnan\b|None", page)
    assert run["run_id"] in simulated.out
    assert f"| {next(iter(MODELS))} |" in run["tags.mlflow.note.content"]
    assert simulated.out.splitlines()[-1].startswith("next: lrec reveal 'runs=[")


@pytest.mark.slow
def test_simulation_logs_activation_by_round(workspace: Workspace, simulated: Answer) -> None:
    run_id = workspace.runs("simulate", "held-out").iloc[0]["run_id"]
    table = pd.read_csv(workspace.output("simulate.csv"))
    client = mlflow.MlflowClient()
    for model in (*MODELS, "random"):
        steps = client.get_metric_history(run_id, f"simulate/activated/tail/{model}")
        rows = table[(table["model"] == model) & (table["bucket"] == "tail")]
        assert [step.step for step in steps] == rows["round"].to_list()
        assert [step.value for step in steps] == pytest.approx(rows["activated"].to_list())
