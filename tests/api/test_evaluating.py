"""Lists of any make from Python have the metrics of the model that made them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lrec
from lrec.api.evaluating import a_row_each

QUICK = ("metric=[recall,ndcg]", "k=[10]")


@pytest.fixture(scope="module")
def split(tiny: Path) -> lrec.SplitData:
    return lrec.leave_one_out(lrec.Interactions.from_frame(pd.read_csv(tiny)))


@pytest.fixture(scope="module")
def trained(split: lrec.SplitData) -> lrec.TrainedRun:
    return lrec.train("model=itemknn", *QUICK, data=split, log=False, verbose=False)


def lists_of(trained: lrec.TrainedRun) -> pd.DataFrame:
    """A row for each recommended item."""
    lists = trained.users[["user", "items"]].explode("items")
    return lists.rename(columns={"items": "item"}).dropna()


def test_a_models_own_lists_have_its_metrics(
    split: lrec.SplitData,
    trained: lrec.TrainedRun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    given = lists_of(trained)
    found = lrec.evaluate(given, split, *QUICK, name="theirs", log=False, verbose=False)
    assert found.metrics.loc["ndcg_at_10"].to_dict() == pytest.approx(
        trained.metrics.loc["ndcg_at_10"].to_dict(), nan_ok=True
    )
    assert set(found.users["user"]) == set(trained.users["user"])
    assert list(tmp_path.iterdir()) == []
    compared = lrec.compare([trained, found], baseline="itemknn", log=False, verbose=False)
    assert compared.values.index.tolist() == ["itemknn", "theirs"]
    assert compared.table["difference"].dropna().abs().max() == pytest.approx(0)


def test_what_does_not_fit_is_one_line(split: lrec.SplitData) -> None:
    with pytest.raises(lrec.DataError, match="users"):
        lrec.evaluate(
            pd.DataFrame({"user": ["nobody"], "item": ["x"]}), split, log=False, verbose=False
        )


def test_ratings_alone_are_judged(split: lrec.SplitData) -> None:
    ratings = split.test.assign(prediction=split.test["rating"] + 1)[["user", "item", "prediction"]]
    words = ("metric=[recall,ndcg,mse]", "k=[10]")
    found = lrec.evaluate(None, split, *words, ratings=ratings, log=False, verbose=False)
    assert {"mse", "mse_pooled"} <= set(found.metrics.index)
    assert not [name for name in found.metrics.index if name.startswith(("recall", "ndcg"))]
    low, high = split.train["rating"].min(), split.train["rating"].max()
    off = (ratings["prediction"].clip(low, high) - split.test["rating"]) ** 2
    assert found.metrics.loc["mse_pooled", "all"] == pytest.approx(off.mean())
    assert found.users["items"].map(len).eq(0).all()


def test_lists_in_cells_are_those_in_rows(split: lrec.SplitData, trained: lrec.TrainedRun) -> None:
    quiet = {"log": False, "verbose": False}
    rows = lrec.evaluate(lists_of(trained), split, *QUICK, **quiet)
    cells = lrec.evaluate(trained.users[["user", "items"]], split, *QUICK, **quiet)
    pd.testing.assert_frame_equal(cells.metrics, rows.metrics)
    scored = pd.DataFrame(
        {"user": ["a", "b"], "items": [[2, 1], np.array([])], "scores": [[3, 1], []]}
    )
    assert a_row_each(scored, "lists").to_numpy().tolist() == [["a", 2, 3], ["a", 1, 1]]
    with pytest.raises(lrec.DataError, match="different lengths"):
        a_row_each(scored.assign(scores=[[1], []]), "lists")


@pytest.mark.parametrize("name", ["My EASE, k=[5] {x} 'it' \"s\"", "715e5544", "null"])
def test_any_text_names_lists(split: lrec.SplitData, trained: lrec.TrainedRun, name: str) -> None:
    lists = lists_of(trained)
    theirs = lrec.evaluate(lists, split, *QUICK, name=name, log=False, verbose=False)
    compared = lrec.compare([trained, theirs], baseline=name, verbose=False)
    assert compared.values.index.tolist() == [name, "itemknn"]


def test_other_arguments_are_refused_and_leave_nothing(
    split: lrec.SplitData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lists = pd.DataFrame({"user": ["person-1"], "item": ["x"]})
    cases: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
        (({"user": [1]}, split), {}, "lists must be a pandas DataFrame.*Received: dict"),
        ((split, lists), {}, "lists must be a pandas DataFrame.*Received: lrec.SplitData"),
        ((lists, split.data), {}, "split must be lrec.SplitData.*Received: lrec.Interactions"),
        ((None, split), {}, "lists must be a pandas DataFrame, or else ratings"),
        ((lists, split), {"ratings": "x.csv"}, "ratings must be a pandas DataFrame"),
        ((lists, split, lists), {}, "overrides must be texts.*Received: pandas.DataFrame"),
        *(((lists, split), {"name": name}, "name must be ") for name in (None, "", " ", "${x}")),
    ]
    for given, named, message in cases:
        with pytest.raises(lrec.ConfigError, match=message):
            lrec.evaluate(*given, **named)
    odd = lists.assign(score=[{"a": {1}}])
    with pytest.raises(lrec.DataError, match="lists must hold ids and numbers"):
        lrec.evaluate(odd, split, log=False)
    assert list(tmp_path.iterdir()) == []


def test_lists_do_not_take_a_models_name(split: lrec.SplitData, trained: lrec.TrainedRun) -> None:
    words = ("metric=[recall,ndcg]", "k=[10]")
    found = lrec.evaluate(lists_of(trained), split, *words, name="itemknn", log=False)
    assert found.name == "itemknn-lists"
    compared = lrec.compare([trained, found], baseline="itemknn", log=False, verbose=False)
    assert compared.values.index.tolist() == ["itemknn", "itemknn-lists"]
