"""Runs from Python: in memory, and in the store."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.cli import CommandLine, plain
from hydra.core.global_hydra import GlobalHydra

import lrec

QUICK = ("metric=[recall,ndcg]", "k=[10]")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def data(tiny: Path) -> lrec.Interactions:
    return lrec.Interactions.from_frame(pd.read_csv(tiny))


def test_result_is_that_of_the_file_and_nothing_is_left(
    here: Path, tiny: Path, data: lrec.Interactions, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("model=ease", *QUICK)
    split = lrec.leave_one_out(data)
    result = lrec.train(*words, data=split, log=False)
    out = capsys.readouterr().out
    assert "not logged: its result is in memory only" in out
    assert "resume=" not in out
    file = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    same = lrec.train(*words, *file, log=False, verbose=False)
    assert capsys.readouterr().out == ""
    pd.testing.assert_frame_equal(result.metrics, same.metrics)
    assert list(here.iterdir()) == []
    assert result.run_id is None
    assert result.folder is None
    assert (result.name, result.seed) == ("ease", 1)

    assert result.metrics.columns.tolist() == ["all", "tail", "torso", "head", "cold"]
    recall = result.users["recall_at_10"].mean()
    assert np.isclose(result.metrics.loc["recall_at_10", "all"], recall)
    assert set(result.references) >= {"popularity"}
    assert np.isfinite(result.validation.loc["ndcg_at_10", "all"])
    assert set(result.users["user"]) == set(split.test["user"])

    history = split.history.groupby("user")["item"].agg(list)
    top = result.recommend(history.tolist(), k=5)
    lists = result.users.set_index("user").loc[history.index, "items"]
    assert top["items"].tolist() == [list(row[:5]) for row in lists]
    alone = result.recommend(pd.DataFrame({"history": [[history.iloc[0][0]]]}), k=3)
    assert len(alone["items"][0]) == 3


def test_process_is_as_before(here: Path, data: lrec.Interactions) -> None:
    shown = warnings.showwarning
    lrec.train("model=popularity", *QUICK, data=data, log=False, verbose=False)
    assert warnings.showwarning is shown
    assert not GlobalHydra.instance().is_initialized()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["model=vea"], "model=vea: no such model .did you mean vae"),
        (["model.latent_sise=8"], "model.latent_sise: no such key .did you mean latent_size"),
        (["model=vae,ease"], "one run has one value of each key. Received: model=vae,ease"),
        (["seed"], "an override has the form key=value"),
        (["dataset=csv"], "dataset is given twice"),
        (["split.test=0.5"], "split is given twice"),
        (["plugins=[nowhere]"], "there is no package nowhere"),
    ],
)
def test_refusals_carry_the_line_of_the_command(
    words: list[str], line: str, data: lrec.Interactions, here: Path
) -> None:
    with pytest.raises(lrec.ConfigError, match=line) as refused:
        lrec.train(*words, data=lrec.leave_one_out(data), log=False)
    assert "\n" not in str(refused.value)


SCRIPT = """
import json, sys
import pandas as pd
import lrec

data = lrec.Interactions.from_frame(pd.read_csv(sys.argv[1]))
words = ("split=leave_one_out", "metric=[recall,ndcg]", "k=[10]")
results = [lrec.train(f"model={name}", *words, data=data) for name in ("popularity", "itemknn")]
compared = lrec.compare(results, "metric=[recall,ndcg]", "resamples=100", verbose=False)
named = lrec.compare(["popularity", "itemknn"], "resamples=100", verbose=False)
found = lrec.runs("params.model = 'itemknn'")
print("RESULT", json.dumps({
    "ids": [result.run_id for result in results],
    "models": compared.comparison.models,
    "same": compared.values.equals(named.values),
    "found": found["run_id"].tolist(),
    "recall": [found["recall_at_10/tail"][0], results[1].metrics.loc["recall_at_10", "tail"]],
    "users": sorted(results[0].users["user"])[:1],
}))
"""


def test_logged_runs_are_those_of_the_command_line(
    lrec: CommandLine, tiny: Path, here: Path
) -> None:
    """One store: what Python has trained on a frame, commands find, and load its data again."""
    lrec.give_store(here)
    command = [sys.executable, "-c", SCRIPT, str(tiny)]
    ran = subprocess.run(command, capture_output=True, text=True, env=plain(), cwd=here)
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout.rpartition("RESULT ")[2])
    assert sorted(result["models"]) == ["itemknn", "popularity"]
    assert result["found"] == result["ids"][1:]
    assert result["same"]
    assert result["recall"][0] == result["recall"][1]
    assert result["users"][0].startswith("person-")
    assert len(list(here.glob("outputs/*/*/comparison.html"))) == 2
    users = lrec(here, "recommend", "run=itemknn", "users=all", "to=lists.csv")
    assert (users.rc, users.err) == (0, "")
    assert (here / "lists.csv").read_text().count("person-") > 100


def test_warnings_are_left_to_python_where_nothing_is_printed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.DataFrame({"user": np.arange(90) // 3, "item": np.arange(90) % 7})
    data = lrec.Interactions.from_frame(frame.assign(timestamp=np.arange(90)))
    words = ("model=popularity", *QUICK, "split=leave_one_out")
    with pytest.warns(UserWarning, match="all times lie before 1990"):
        lrec.train(*words, data=data, log=False, verbose=False)
    assert capsys.readouterr().out == ""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lrec.train(*words, data=data, log=False)
    assert "note: all times lie before 1990" in capsys.readouterr().out


def test_model_of_a_result_is_the_one_that_was_evaluated(here: Path) -> None:
    draw = np.random.default_rng(3)
    rows = [(f"u{user}", f"i{item}") for user in range(40) for item in draw.choice(30, 5, False)]
    pd.DataFrame(rows, columns=["user", "item"]).to_csv("data.csv", index=False)
    items = [(f"i{item}", "Comedy" if item % 2 else "Tragedy") for item in range(35)]
    pd.DataFrame(items, columns=["item", "genres"]).to_csv("items.csv", index=False)
    files = ("dataset=csv", "dataset.path=data.csv", "dataset.items_path=items.csv")
    words = ("model=itemknn", "catalogue=all", "feature=genres", *QUICK)
    result = lrec.train(*files, *words, log=False, verbose=False)
    assert result.model.catalogue.n_items == 35
    (listed,) = result.recommend([["i1", "i3", "i5"]], k=35)["items"]
    assert {f"i{item}" for item in range(31, 35)} & set(listed)
