"""Runs from Python: in memory, and in the store."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.cli import CommandLine, plain
from hydra.core.global_hydra import GlobalHydra

import lrec
from lrec.api.recommending import requests_of

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


def test_random_states_are_the_callers(here: Path, data: lrec.Interactions) -> None:
    """Also after a network, whose training sets them."""
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    network = ("model=vae", "schedule.epochs=1", "split=leave_one_out")
    lrec.train(*network, *QUICK, data=data, log=False, verbose=False)
    after = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert after == before


def test_calls_of_several_threads_wait_for_each_other(here: Path, data: lrec.Interactions) -> None:
    output, split = sys.stdout, lrec.leave_one_out(data)

    def name_of(model: str) -> str:
        lrec.ratio(data)
        return lrec.train(f"model={model}", *QUICK, data=split, log=False, verbose=False).name

    names = ["popularity", "itemknn", "ease"]
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(name_of, names)) == names
    assert sys.stdout is output
    assert not GlobalHydra.instance().is_initialized()


def test_what_is_no_data_is_refused(here: Path, data: lrec.Interactions) -> None:
    split = lrec.leave_one_out(data)
    for given in (split, ["model=ease"], None):
        with pytest.raises(lrec.ConfigError, match="overrides must be texts, one for each key"):
            lrec.train("model=ease", given)  # type: ignore[arg-type]
    with pytest.raises(lrec.ConfigError, match=r"data must be .*Received: pandas.DataFrame$"):
        lrec.train("model=ease", data=pd.DataFrame())  # type: ignore[arg-type]
    with pytest.raises(lrec.ConfigError, match=r"filter must be text. Received: 3"):
        lrec.runs(3)  # type: ignore[arg-type]
    assert list(here.iterdir()) == []


def test_rows_that_a_frame_lost_are_told(
    here: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.read_csv(tiny)
    data = lrec.Interactions.from_frame(pd.concat([frame, frame.head(7)]))
    words = ("model=popularity", *QUICK, "split=leave_one_out")
    lrec.train(*words, data=data, log=False)
    read = f"rows: {len(frame) + 7:,} read; dropped: 7 repeats of a user and item (duplicates=keep"
    assert read in capsys.readouterr().out


def test_histories_of_any_make_are_those_of_lists(here: Path, data: lrec.Interactions) -> None:
    words = ("model=itemknn", *QUICK)
    split = lrec.leave_one_out(data)
    result = lrec.train(*words, data=split, log=False, verbose=False)
    by_user = split.history.groupby("user")["item"]
    lists = by_user.agg(list)
    expected = result.recommend(lists.tolist(), k=5)
    assert expected["ignored"].sum() == 0
    others = [
        lists,
        by_user.unique(),
        lists.to_frame("history"),
        lists.map(np.array),
        [tuple(row) for row in lists],
        [list(np.array(row)) for row in lists],
    ]
    for histories in others:
        answers = result.recommend(histories, k=5)  # type: ignore[arg-type]
        assert answers["items"].tolist() == expected["items"].tolist()
        if isinstance(histories, pd.Series | pd.DataFrame):
            assert answers.index.equals(lists.index)
    assert result.recommend([]).empty
    assert result.recommend([list(np.array([1, 2]))])["ignored"].tolist() == [2]


@pytest.mark.parametrize(
    ("histories", "message"),
    [
        (pd.DataFrame({"user": ["a"], "item": ["x"]}), "must have the column history.*user, item$"),
        (["S001", "S002"], "must be lists of item ids.*Received: 'S001' in row 0"),
        ([["S001"], 3], "must be lists of item ids.*Received: 3 in row 1"),
        ("S001", "must be lists of item ids.*Received: 'S001'"),
        ({"ann": ["S001"]}, r"pd.Series\(…\) of a dict. Received: dict"),
        ({"S001"}, "Received: set"),
        (None, "Received: None"),
    ],
)
def test_other_shapes_of_histories_are_refused(histories: Any, message: str) -> None:
    with pytest.raises(lrec.ConfigError, match=f"^histories .*{message}"):
        requests_of(histories)


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
    "folders": [str(result.folder) for result in results],
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
    assert all(Path(folder).is_absolute() for folder in result["folders"])
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
    assert capsys.readouterr().out.count("note: all times lie before 1990") == 1


def test_model_of_a_result_is_the_one_that_was_evaluated(here: Path) -> None:
    draw = np.random.default_rng(3)
    rows = [(f"u{user}", f"i{item}") for user in range(40) for item in draw.choice(30, 5, False)]
    pd.DataFrame(rows, columns=["user", "item"]).to_csv("data.csv", index=False)
    items = [(f"i{item}", "Comedy" if item % 2 else "Tragedy") for item in range(35)]
    pd.DataFrame(items, columns=["item", "genres"]).to_csv("items.csv", index=False)
    files = ("dataset=csv", "dataset.path=data.csv", "dataset.items_path=items.csv")
    words = ("model=itemknn", "catalogue=all", "feature=genres", "split=ratio", *QUICK)
    result = lrec.train(*files, *words, log=False, verbose=False)
    assert result.model.catalogue.n_items == 35
    (listed,) = result.recommend([["i1", "i3", "i5"]], k=35)["items"]
    assert {f"i{item}" for item in range(31, 35)} & set(listed)
