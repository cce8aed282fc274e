"""The real command line, end to end, read back from MLflow; runs are shared between tests."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from helpers.cli import Answer, CommandLine, plain
from helpers.forked import Forked
from mlflow.entities import Run

BUCKETS = ("all", "tail", "torso", "head")
PNG = b"\x89PNG"


class Bench:
    """A folder with one MLflow store; each command gets an MLflow experiment of its own."""

    def __init__(self, folder: Path, lrec: CommandLine, tiny: Path) -> None:
        self.folder = folder
        self.lrec = lrec
        self.tiny = tiny

    def small(self, experiment: str, *arguments: str) -> tuple[str, ...]:
        return (
            "dataset=csv",
            f"dataset.path={self.tiny}",
            "split=leave_one_out",
            "schedule.epochs=2",
            "schedule.evaluate_steps=1",
            f"tracking.experiment={experiment}",
            *arguments,
        )

    def train(self, experiment: str, *arguments: str) -> Answer:
        return self.lrec(self.folder, "train", *self.small(experiment, *arguments))

    def train_installed(self, experiment: str, *arguments: str) -> Answer:
        return self.lrec.program(self.folder, "train", *self.small(experiment, *arguments))

    def sweep(self, experiment: str, *arguments: str) -> Answer:
        words = self.small(experiment, *arguments)
        return self.lrec(self.folder, "train", "-m", *words, LREC_TEST_FIGURES="drawn")

    def evaluate(self, experiment: str, run: Run, *arguments: str) -> Answer:
        where = f"tracking.experiment={experiment}"
        return self.lrec(self.folder, "evaluate", f"run={run.info.run_id}", where, *arguments)

    def runs(self, experiment: str) -> list[Run]:
        found: list[Run] = mlflow.search_runs(experiment_names=[experiment], output_format="list")
        return found

    def run(self, experiment: str) -> Run:
        (run,) = self.runs(experiment)
        return run

    def file(self, run: Run, name: str) -> Path:
        path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=name)
        return Path(path)

    def users(self, run: Run) -> pd.DataFrame:
        return pd.read_parquet(self.file(run, "users.parquet"))


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory, lrec: CommandLine, tiny: Path
) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bench")
    lrec.give_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        yield Bench(folder, lrec, tiny)


@pytest.fixture(scope="module")
def sweep(bench: Bench) -> list[Run]:
    answer = bench.sweep("sweep", "model=popularity,vae", "seed=1,2")
    assert answer.rc == 0, answer.err
    return bench.runs("sweep")


def parent_and_children(runs: list[Run]) -> tuple[Run, list[Run]]:
    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs if run is not parent]
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    return parent, children


@pytest.fixture(scope="module")
def jobs(sweep: list[Run]) -> dict[tuple[str, str], Run]:
    """The jobs of the sweep, by model and seed."""
    _, children = parent_and_children(sweep)
    return {(run.data.params["model"], run.data.params["seed"]): run for run in children}


@pytest.fixture(scope="module")
def vae(jobs: dict[tuple[str, str], Run]) -> Run:
    return jobs["vae", "1"]


@pytest.fixture(scope="module")
def popularity(jobs: dict[tuple[str, str], Run]) -> Run:
    return jobs["popularity", "1"]


@pytest.fixture(scope="module")
def alone_answer(bench: Bench) -> Answer:
    """The VAE of the sweep again, in a process of its own, and with the original user ids."""
    return bench.train_installed("alone", "model=vae", "tracking.keep_user_ids=true")


@pytest.fixture(scope="module")
def alone(bench: Bench, alone_answer: Answer) -> Run:
    assert alone_answer.rc == 0, alone_answer.err
    return bench.run("alone")


def test_training_says_epochs_and_table_and_nothing_on_stderr(alone_answer: Answer) -> None:
    assert re.search(r"^ +loss +all +tail", alone_answer.out, re.M)
    assert re.search(r"^epoch +1 +\d", alone_answer.out, re.M)
    assert re.search(r"^epoch +2 +\d", alone_answer.out, re.M)
    assert re.search(r"^recall@20 +vae", alone_answer.out, re.M)
    assert alone_answer.err == ""


def test_training_tells_run_and_store_in_a_line_to_copy_from(
    alone: Run, alone_answer: Answer
) -> None:
    first = next(line for line in alone_answer.out.splitlines() if line.startswith("run "))
    assert re.fullmatch(r"run (\w+), in \S+", first)
    assert alone.info.run_id in first
    *_, place, ui, view, ask, again, serve = alone_answer.out.splitlines()
    assert "http://127.0.0.1:5000/#/experiments/" in view
    assert alone.info.run_id in place
    assert mlflow.get_tracking_uri() in place
    assert ui.startswith("see it: mlflow ui")
    assert f"next: lrec recommend run={alone.info.run_id[:8]} users=all" in ask
    assert f"lrec evaluate run={alone.info.run_id[:8]} bucket=counts" in again
    assert f"mlflow models serve -m runs:/{alone.info.run_id}/model" in serve


@pytest.mark.parametrize("model", ["vae", "popularity"])
def test_run_holds_every_metric_of_every_bucket(model: str, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(model)
    assert run.info.status == "FINISHED"
    metrics = run.data.metrics
    for group in BUCKETS:
        assert metrics[f"users/{group}"] > 0
        for k in (10, 20):
            for name in ("recall", "ndcg", "hit", "novelty", "item_coverage", "gini"):
                assert f"{name}_at_{k}/{group}" in metrics
        assert f"mse/{group}" in metrics
        assert f"popularity/recall_at_20/{group}" in metrics
        assert f"bias/mse/{group}" in metrics
    assert metrics["users/cold"] == 0
    assert not [name for name in metrics if "@" in name or name == "recall_at_20/cold"]


def test_gap_and_worst_derive_from_the_buckets(vae: Run) -> None:
    metrics = vae.data.metrics
    gap = metrics["recall_at_20/head"] - metrics["recall_at_20/tail"]
    assert metrics["gap/recall_at_20"] == pytest.approx(gap)
    large = [name for name in BUCKETS[1:] if metrics[f"users/{name}"] >= 30]
    assert large
    worst = min(metrics[f"recall_at_20/{name}"] for name in large)
    assert metrics["worst/recall_at_20"] == pytest.approx(worst)
    worst = max(metrics[f"mse/{name}"] for name in large)
    assert metrics["worst/mse"] == pytest.approx(worst)


@pytest.mark.parametrize("name", ["val/ndcg_at_10/tail", "val/recall_at_20/all", "train/loss"])
def test_validation_has_the_epoch_as_step(vae: Run, name: str) -> None:
    history = mlflow.MlflowClient().get_metric_history(vae.info.run_id, name)
    assert [point.step for point in history] == [1, 2]


def test_model_without_epochs_logs_its_validation_once(popularity: Run) -> None:
    history = mlflow.MlflowClient().get_metric_history(popularity.info.run_id, "val/ndcg_at_10/all")
    assert len(history) == 1


def test_run_holds_the_flat_config_and_versions(alone: Run, bench: Bench) -> None:
    params = alone.data.params
    assert params["model"] == "vae"
    assert params["model.latent_size"] == "200"
    assert params["schedule.epochs"] == "2"
    assert params["split"] == "leave_one_out"
    assert params["seed"] == "1"
    assert {"version.lrec", "version.tensorflow", "version.mlflow"} <= alone.data.tags.keys()
    overrides = bench.small("alone", "model=vae", "tracking.keep_user_ids=true")
    assert bench.file(alone, "overrides.txt").read_text().splitlines() == list(overrides)
    assert "latent_size: 200" in bench.file(alone, "config.yaml").read_text()


def test_run_names_its_data(vae: Run, alone: Run, bench: Bench) -> None:
    (given,), (same,) = vae.inputs.dataset_inputs, alone.inputs.dataset_inputs
    assert given.dataset.name == "csv"
    assert str(bench.tiny) in given.dataset.source
    assert len(given.dataset.digest) == 32
    assert given.dataset.digest == same.dataset.digest


def test_figures_are_pictures(vae: Run, bench: Bench) -> None:
    found = {path.name: path for path in bench.file(vae, "figures").iterdir()}
    assert found.keys() == {"by_bucket.png", "curves.png", "distributions.png"}
    assert all(path.read_bytes().startswith(PNG) for path in found.values())
    assert all(path.stat().st_size > 5000 for path in found.values())


def test_a_metric_that_is_chosen_alone_is_drawn(bench: Bench) -> None:
    metric = ("metric=[hit]", "monitor=val/hit_at_10/all")
    answer = bench.train("undrawn", "model=popularity", *metric)
    assert (answer.rc, answer.err) == (0, "")
    run = bench.run("undrawn")
    assert run.info.status == "FINISHED"
    assert {p.name for p in bench.file(run, "figures").iterdir()} == {
        "by_bucket.png",
        "distributions.png",
    }
    assert bench.file(run, "model").is_dir()


def test_user_table_has_a_row_for_each_test_user_under_a_pseudonym(vae: Run, bench: Bench) -> None:
    table = bench.users(vae)
    assert len(table) == vae.data.metrics["data/test_users"] == vae.data.metrics["users/all"]
    assert table["user"].is_unique
    assert not table["user"].str.contains("person").any()
    assert b"person-" not in bench.file(vae, "users.parquet").read_bytes()
    left = vae.data.metrics["data/catalogue_items"] - table["n_history"]
    assert (table["items"].map(len) == left.clip(upper=20)).all()
    assert table["items"].explode().str.startswith("thing-").all()


def test_aggregates_derive_from_the_user_table(vae: Run, bench: Bench) -> None:
    table = bench.users(vae)
    tail = table[table["bucket/activity"] == "tail"]
    for name in ("recall_at_20", "ndcg_at_10", "mse"):
        assert vae.data.metrics[f"{name}/all"] == pytest.approx(table[name].mean())
        assert vae.data.metrics[f"{name}/tail"] == pytest.approx(tail[name].mean())


def test_original_user_ids_are_kept_on_demand(vae: Run, alone: Run, bench: Bench) -> None:
    table = bench.users(alone)
    assert set(table["user"]) <= {f"person-{user:03d}" for user in range(60)}
    assert table["user"].is_unique
    assert table["items"].map(list).equals(bench.users(vae)["items"].map(list))


def test_run_alone_and_as_a_job_of_a_sweep_give_equal_metrics(vae: Run, alone: Run) -> None:
    assert vae.data.metrics == alone.data.metrics


def test_saved_model_holds_no_user(alone: Run, bench: Bench) -> None:
    files = [path for path in bench.file(alone, "model").rglob("*") if path.is_file()]
    assert any(path.name == "state.npz" for path in files)
    assert not [path for path in files if b"person-" in path.read_bytes()]


@pytest.fixture(scope="module")
def recommender(vae: Run) -> Any:
    return mlflow.pyfunc.load_model(f"runs:/{vae.info.run_id}/model")


def test_pyfunc_recommends_what_the_history_lacks(recommender: Any) -> None:
    history = ["thing-00", "thing-02", "thing-04"]
    answer = recommender.predict(pd.DataFrame({"history": [history]}))
    (items,), (scores,) = answer["items"], answer["scores"]
    assert len(items) == len(set(items)) == 10
    assert not set(items) & set(history)
    assert scores == sorted(scores, reverse=True)


def test_pyfunc_ignores_unknown_ids_and_answers_empty_histories(recommender: Any) -> None:
    asked = [["thing-01", "nothing"], ["thing-01"], [], ["nothing"]]
    items = recommender.predict(pd.DataFrame({"history": asked}), params={"k": 5})["items"]
    assert items.map(len).tolist() == [5] * 4
    assert items[0] == items[1]
    assert items[2] == items[3]


def test_pyfunc_gives_the_whole_catalogue_at_most(recommender: Any, vae: Run) -> None:
    answer = recommender.predict(pd.DataFrame({"history": [["thing-00"]]}), params={"k": 1000})
    assert len(answer["items"][0]) == vae.data.metrics["data/catalogue_items"] - 1


def test_multirun_is_one_parent_with_a_child_for_each_job(
    sweep: list[Run], jobs: dict[tuple[str, str], Run]
) -> None:
    parent, children = parent_and_children(sweep)
    assert parent.info.status == "FINISHED"
    assert [run.info.status for run in children] == ["FINISHED"] * 3
    assert jobs.keys() == {("popularity", "1"), ("vae", "1"), ("vae", "2")}  # no seed, one run


def test_seed_changes_training_but_not_the_questions(jobs: dict[tuple[str, str], Run]) -> None:
    one, two = (jobs["vae", seed].data.metrics for seed in "12")
    assert one["train/loss"] != two["train/loss"]
    same = [n for n in one if n.startswith(("data/", "users/", "test_items/", "popularity/"))]
    assert same
    assert [one[name] for name in same] == [two[name] for name in same]


def test_diverged_job_fails_alone(bench: Bench) -> None:
    answer = bench.sweep("diverged", "model=vae", "schedule.learning_rate=1e30,1e-3")
    assert answer.rc == 1
    assert re.search(r"^job 0 .*learning_rate=1e\+30.* failed", answer.err, re.M)
    parent, children = parent_and_children(bench.runs("diverged"))
    failed, finished = sorted(
        children, key=lambda run: -float(run.data.params["schedule.learning_rate"])
    )
    assert failed.info.status == "FAILED"
    assert "learning_rate" in failed.data.tags["lrec.error"]
    assert finished.info.status == "FINISHED"
    assert "lrec.error" not in finished.data.tags
    assert parent.info.status == "FAILED"
    assert "the same command goes on: its finished jobs are found again" in answer.out


def test_sweep_with_a_bad_job_is_refused_before_the_first(bench: Bench, tmp_path: Path) -> None:
    arguments = bench.small("never", "model=vae", "model.latent_size=8,0")
    answer = bench.lrec(tmp_path, "train", "-m", *arguments)
    assert answer.rc == 2
    assert "latent_size must be positive. Received: 0" in answer.complaint
    assert not (tmp_path / "mlflow.db").exists()


def test_evaluate_reproduces_the_metrics_without_training(bench: Bench, vae: Run) -> None:
    answer = bench.evaluate("rescored", vae)
    assert answer.rc == 0, answer.err
    assert "epoch" not in answer.out
    assert f"\nnext: lrec recommend run={vae.info.run_id[:8]}" in answer.out
    run = bench.run("rescored")
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.parentRunId"] == vae.info.run_id
    trained = {
        name: value
        for name, value in vae.data.metrics.items()
        if not name.startswith(("data/", "val/", "train/", "best/"))
    }
    assert run.data.metrics == trained


def test_evaluate_takes_other_buckets_and_lengths(bench: Bench, vae: Run) -> None:
    answer = bench.evaluate("counted", vae, "bucket=counts", "k=[5]")
    assert answer.rc == 0, answer.err
    metrics = bench.run("counted").data.metrics
    assert "recall_at_5/n1-4" in metrics
    assert not [name for name in metrics if name.endswith("/tail") or "_at_10" in name]
    assert metrics["mse/all"] == vae.data.metrics["mse/all"]
    assert metrics["users/all"] == vae.data.metrics["users/all"]


def test_evaluate_ranks_among_sampled_negatives_too(bench: Bench, vae: Run) -> None:
    answer = bench.evaluate("sampled", vae, "sampled_negatives=10")
    assert answer.rc == 0, answer.err
    shown = [line.split()[0] for line in answer.out.splitlines() if "@" in line.partition(" ")[0]]
    assert shown[shown.index("ndcg@10") + 1] == "sampled_ndcg@10"
    assert "each target among 10 items that its user never had (sampled_by=uniform)" in answer.out
    run = bench.run("sampled")
    metrics = run.data.metrics
    assert metrics["ndcg_at_10/all"] == vae.data.metrics["ndcg_at_10/all"]
    assert metrics["sampled_ndcg_at_10/all"] > metrics["ndcg_at_10/all"]
    for name in ("sampled_hit_at_10/tail", "gap/sampled_ndcg_at_10"):
        assert name in metrics
        assert f"popularity/{name}" in metrics
    assert "| sampled ndcg@10 |" in run.data.tags["mlflow.note.content"]
    assert (run.data.params["sampled_negatives"], run.data.params["sampled_by"]) == (
        "10",
        "uniform",
    )
    assert bench.evaluate("many", vae, "sampled_negatives=1000").complaint.startswith(
        "lrec: sampled_negatives must not exceed the items that each test user"
    )


def test_evaluate_refuses_questions_that_the_run_has_seen(bench: Bench, vae: Run) -> None:
    answer = bench.evaluate("seen", vae, "split=ratio")
    assert answer.rc == 1
    assert "test targets were in this run's training or validation data" in answer.complaint
    assert bench.run("seen").info.status == "FAILED"


def test_data_that_has_changed_is_refused_though_its_items_have_not(
    bench: Bench, tmp_path: Path
) -> None:
    """One row more makes split=ratio ask for other targets, which the run has learnt."""
    data, others = tmp_path / "data.csv", tmp_path / "others.csv"
    text = bench.tiny.read_text()
    data.write_text(text)
    others.write_text(text.replace("person", "stranger"))
    own = ("split=ratio", f"dataset.path={data}")
    assert bench.train("changing", "model=popularity", *own).rc == 0
    run = bench.run("changing")
    on_others = (f"dataset.path={others}", "split.test=0.5")
    answer = bench.evaluate("on-others", run, *on_others)
    assert (answer.rc, answer.err) == (0, "")
    assert bench.run("on-others").data.metrics["users/all"] > 0

    data.write_text(f"{text}person-new,thing-00,4,1500000000\n")
    for answer in (
        bench.evaluate("changed", run, *on_others),  # what the run has seen is not known any more
        bench.lrec(bench.folder, "export", f"run={run.info.run_id}", f"folder={tmp_path}/export"),
    ):
        assert answer.rc == 1
        assert "the data is not what the run was trained on" in answer.complaint


def test_evaluate_needs_a_run_that_is_there(bench: Bench, vae: Run) -> None:
    answer = bench.lrec(bench.folder, "evaluate", "run=0123456789abcdef0123456789abcdef")
    assert answer.rc == 1
    assert "there is no run 0123456789abcdef" in answer.complaint


@pytest.mark.parametrize("override", ["model=popularity", "seed=2", "schedule.epochs=3"])
def test_evaluate_refuses_what_training_decided(
    override: str, lrec: CommandLine, tmp_path: Path
) -> None:
    answer = lrec(tmp_path, "evaluate", "run=any", override)
    assert answer.rc == 2
    assert "was decided when the run was trained" in answer.complaint
    assert override in answer.complaint


def assert_killed(bench: Bench, name: str, out: str) -> None:
    run = bench.run(name)
    assert f"interrupted: run {run.info.run_id}, in outputs" in out
    assert f"go on: lrec train resume={run.info.run_id}" in out
    assert run.info.status == "KILLED"
    assert run.info.end_time


ENDLESS = ("model=vae", "schedule.epochs=1000000", "schedule.patience=null")


def test_ctrl_c_kills_the_run_and_says_so(bench: Bench) -> None:
    words = bench.small("SIGINT", *ENDLESS)
    with bench.lrec.start(bench.folder, "train", *words, PYTHONUNBUFFERED="1") as process:
        try:
            assert process.stdout is not None
            assert any(line.startswith("epoch") for line in process.stdout)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert_killed(bench, "SIGINT", out)


def test_sigterm_kills_the_run_and_says_so(bench: Bench) -> None:
    words = ("train", *bench.small("SIGTERM", *ENDLESS))
    process = Forked(words, plain() | {"PYTHONUNBUFFERED": "1"}, bench.folder)
    try:
        process.wait_for("\nepoch")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 143
    assert_killed(bench, "SIGTERM", out)


@pytest.mark.parametrize(("name", "rc"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_signal_is_not_lost_in_a_destructor(name: str, rc: int, tmp_path: Path) -> None:
    """There Python ignores exceptions, also that of a signal: it has to come again."""
    program = f"""
import os, signal, sys, time, types
from lrec.cli import main as cli

class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.{name})
        time.sleep(1)

def work():
    Dying()
    time.sleep(60)

sys.modules["lrec.cli.job"] = types.SimpleNamespace(hydra_main=lambda command: work())
sys.argv = ["lrec", "train", "+experiment=none"]
sys.exit(cli.main())
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        timeout=30,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert done.returncode == rc


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("user_id,rating\nu,1\n", "no item column", id="no-item"),
        pytest.param(
            "user_id,item_id,timestamp\nu,i,1\nv,j,3\n", "leaves no test users", id="no-test-users"
        ),
        pytest.param(None, "does not exist", id="missing"),
    ],
)
def test_bad_data_is_refused_in_one_line_before_there_is_a_run(
    bench: Bench, tmp_path: Path, request: pytest.FixtureRequest, content: str | None, words: str
) -> None:
    path = tmp_path / "bad.csv"
    if content is not None:
        path.write_text(content)
    experiment = request.node.callspec.id
    answer = bench.train(experiment, "model=popularity", f"dataset.path={path}")
    assert answer.rc == 1
    assert words in answer.complaint
    assert mlflow.get_experiment_by_name(experiment) is None


@pytest.mark.parametrize("command", ["train", "evaluate", "data"])
@pytest.mark.parametrize("flags", ["--cfg job", "--help", "--info"])
def test_hydra_flags_work(command: str, flags: str, lrec: CommandLine, tmp_path: Path) -> None:
    answer = lrec(tmp_path, command, *flags.split())
    assert answer.rc == 0
    assert "latent_size" in answer.out
    assert answer.err == ""


def test_help_names_every_command(lrec: CommandLine, tmp_path: Path) -> None:
    answer = lrec(tmp_path, "--help")
    assert answer.rc == 0
    for command in ("train", "evaluate", "data"):
        assert f"lrec {command}" in answer.out


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("lrec tr", "train"),
        ("lrec ", "evaluate"),
        ("lrec train mod", "model="),
        ("lrec train model=v", "model=vae"),
        ("lrec train model=vae model.lat", "model.latent_size="),
        ("lrec evaluate buck", "bucket="),
    ],
)
def test_bash_completes(line: str, offers: str, lrec: CommandLine, tmp_path: Path) -> None:
    answer = lrec(tmp_path, "-sc", "query=bash", COMP_LINE=line, COMP_POINT=str(len(line)))
    assert answer.rc == 0
    assert offers in answer.out.split()


def test_data_describes_without_a_run(bench: Bench, tmp_path: Path) -> None:
    answer = bench.lrec(tmp_path, "data", "dataset=csv", f"dataset.path={bench.tiny}")
    assert answer.rc == 0, answer.err
    assert "60 users × 40 items" in answer.out
    assert "tail" in answer.out
    assert not (tmp_path / "mlflow.db").exists()
    *_, train, compare = answer.out.splitlines()
    data = ["dataset=csv", f"dataset.path={bench.tiny}"]
    assert shlex.split(train) == ["next:", "lrec", "train", *data]
    assert shlex.split(compare) == ["lrec", "compare", "candidates=[popularity,itemknn]", *data]
