"""A bad file is refused before the libraries that take seconds to import."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.cli import CommandLine, plain

PROGRAM = """
import sys
from lrec.cli.main import main
try:
    status = main()
except SystemExit as end:  # of a sweep
    status = end.code
print(status, sorted({"mlflow", "tensorflow", "keras"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "words",
    [
        ("train", "model=vae"),
        ("train", "-m", "model=vae,ease"),
        ("tune", "candidates=[vae]", "trials=2"),
        ("compare", "candidates=[vae,ease]"),
    ],
    ids=" ".join,
)
def test_bad_columns_are_named_before_tensorflow_and_mlflow_load(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_text("who,what\n1,2\n")
    arguments = [*words, "dataset=csv", "dataset.path=bad.csv"]
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(
        command, cwd=tmp_path, env=plain(), capture_output=True, text=True, timeout=100, check=False
    )
    assert "bad.csv has no user column" in done.stderr
    assert done.stdout.splitlines()[-1] == "1 []"
    assert not (tmp_path / "mlflow.db").exists()


ON_RUNS = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from hydra.core.global_hydra import GlobalHydra
from lrec.cli.main import main
for words in json.load(sys.stdin):
    GlobalHydra.instance().clear()
    sys.argv[1:] = words
    errors = io.StringIO()
    with redirect_stdout(io.StringIO()), redirect_stderr(errors):
        try:
            main()
        except SystemExit:
            pass
    loaded = sorted({"mlflow", "tensorflow", "keras"} & set(sys.modules))
    print(json.dumps([" ".join(words), errors.getvalue(), loaded]))
"""


def test_files_are_looked_at_before_a_saved_model_is(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    """One process, first what does not even need MLflow to be refused."""
    lrec.give_store(tmp_path)
    data = ("dataset=csv", f"dataset.path={tiny}", "split=user_holdout")
    assert lrec(tmp_path, "train", *data, "model=popularity").rc == 0
    (tmp_path / "bad.csv").write_text("who,what\n1,2\n")
    moved = "dataset.path=gone.csv"
    gone = [
        ["update", "run=latest", "feedback=gone.csv"],
        ["recommend", "run=latest", "users=all", moved],
        *([word, "run=latest", moved] for word in ("export", "map", "evaluate")),
        *([word, "runs=[latest]", moved] for word in ("reveal", "simulate")),
    ]
    bad = [
        ["update", "run=latest", "feedback=bad.csv"],
        ["recommend", "run=latest", "history=bad.csv"],
        ["recommend", "run=latest", "users=all", "only=bad.csv"],
        ["recommend", "run=latest", "users=all", "dataset.path=bad.csv"],
        ["export", "run=latest", "dataset.path=bad.csv"],
        ["evaluate", "run=latest", "dataset.path=bad.csv"],
        ["reveal", "runs=[latest]", "dataset.path=bad.csv"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", ON_RUNS],
        cwd=tmp_path,
        env=plain(),
        input=json.dumps([*gone, *bad]),
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(gone) + len(bad)
    for command, error, loaded in answers[: len(gone)]:
        assert "does not exist. Received: gone.csv" in error, command
        assert loaded == [], command
    for command, error, loaded in answers[len(gone) :]:
        assert re.search("bad.csv has no (user|item) column", error), (command, error)
        assert loaded == ["mlflow"], command


def test_models_in_closed_form_need_neither_tensorflow_nor_what_is_as_slow(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    """One process: what a command has loaded stays, so `map`, which needs scikit-learn, is last."""
    lrec.give_store(tmp_path)
    held_out = ("dataset=csv", f"dataset.path={tiny}", "split=user_holdout")
    models = "runs=[popularity,ials]"
    rated = ["tracking.experiment=rated", "dataset.n_users=200", "dataset.n_items=100"]
    commands = [
        ["data", *held_out],
        ["train", *rated, "model=popularity"],  # with ratings to calibrate
        ["train", *held_out, "model=popularity"],
        ["train", *held_out, "model=ials", "model.factors=4", "model.iterations=1"],
        ["evaluate", "run=ials", "bucket=counts"],
        ["recommend", "run=ials", "users=all", "to=lists.csv"],
        ["compare", models, "resamples=100"],
        ["reveal", models, "resamples=100", "min_users=2"],
        ["simulate", models, "rounds=2", "retrain=true", "resamples=100"],
        ["map", "run=ials", "perplexity=2"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", ON_RUNS.replace('"mlflow", ', '"sklearn", "scipy.stats", ')],
        cwd=tmp_path,
        env=plain(),
        input=json.dumps(commands),
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(commands)
    for command, error, loaded in answers:
        assert "lrec:" not in error, (command, error)
        slow = ["scipy.stats", "sklearn"] if command.startswith("map") else []
        assert loaded == slow, command


def test_python_m_lrec_is_lrec() -> None:
    command = [sys.executable, "-m", "lrec", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout.startswith("lrec ")
