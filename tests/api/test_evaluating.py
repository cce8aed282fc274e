"""Lists of any make from Python have the metrics of the model that made them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import lrec

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
