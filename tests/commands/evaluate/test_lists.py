"""Lists of any make, on lrec's splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.cli import CommandLine

from lrec.base.errors import DataError
from lrec.commands.evaluate import list_tables
from lrec.commands.evaluate.lists import evaluate_lists
from lrec.data.dataset.csv import CSV
from lrec.data.queries import Split
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.data.split.ratio import Ratio
from lrec.evaluation.bucket.activity import Activity
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.metric.item_coverage import ItemCoverage
from lrec.evaluation.metric.mse import MSE
from lrec.evaluation.metric.ndcg import NDCG
from lrec.evaluation.metric.recall import Recall
from lrec.evaluation.metric.user_coverage import UserCoverage
from lrec.evaluation.ranking import Ranker
from lrec.evaluation.references import reference_models

METRICS = {m.name: m for m in (NDCG(), Recall(), UserCoverage(), ItemCoverage(), MSE())}
TABLE = """user,item,rating,timestamp
a,x,5,1
a,y,4,2
a,z,3,3
b,y,2,1
b,z,1,2
b,x,4,3
c,x,3,1
c,w,2,2
d,z,5,1
"""


@pytest.fixture
def split(tmp_path: Path) -> Split:
    """Targets: z of a, x of b, w (in no training history) of c."""
    (tmp_path / "data.csv").write_text(TABLE)
    return LeaveOneOut()(CSV(str(tmp_path / "data.csv")).load())


def evaluator(split: Split, *ks: int) -> Evaluator:
    return Evaluator(split, METRICS, {"activity": Activity()}, ks)


def lists_of(split: Split, k: int) -> pd.DataFrame:
    """The lists of popularity as another library would write them."""
    ranking = Ranker(reference_models(split)["popularity"], k)(split.test)
    row, rank = np.nonzero(ranking.items >= 0)
    ids, users = split.catalogue.ids, split.user_ids[split.test.user]
    score = ranking.scores[row, rank]
    item = ids[ranking.items[row, rank]]
    return pd.DataFrame({"user_id": users[row], "item_id": item, "rank": rank, "score": score})


def test_lists_of_a_model_have_its_numbers(tiny: Path) -> None:
    split = Ratio()(CSV(str(tiny)).load())
    judge = evaluator(split, 5, 10)
    expected = judge.test(judge.ranker(reference_models(split)["popularity"]))
    lists = lists_of(split, 10).sample(frac=1, random_state=1)
    found = evaluate_lists(lists, judge)
    assert found.notes == []
    same = [name for name in expected.table if not name.startswith(("mse", "n_ratings"))]
    for name in same:
        pd.testing.assert_series_equal(found.result.table[name], expected.table[name])
    values = {key: v for key, v in expected.values.items() if "mse" not in key}
    assert found.result.values == pytest.approx(values, nan_ok=True)
    by_score = evaluate_lists(lists.drop(columns="rank"), judge)  # in a random order of the rows
    assert [note.partition(" ")[2] for note in by_score.notes] == [
        "items share a score with the one before: a random order breaks the tie"
    ]
    assert by_score.result.values == found.result.values
    assert found.result.rating_head.startswith("none")


def test_all_that_is_odd_is_counted_and_judged(split: Split) -> None:
    rows = [
        *[("a", "x", 9), ("a", "ghost", 8), ("a", "z", 7), ("a", "z", 6)],  # history, unknown, hit
        *[("c", "w", 5), ("d", "x", 5), ("nobody", "x", 5)],  # outside; not asked; not in the data
    ]
    lists = pd.DataFrame(rows, columns=["user", "item", "score"])
    found = evaluate_lists(lists, evaluator(split, 2))
    starts = [note.split(",")[0].split(":")[0] for note in found.notes]
    assert starts == [
        "1 users of the lists are not in the data",
        "1 users of the lists have no test items",
        "1 items stand twice in a list",
        "1 recommended items are in their user's history",
        "2 recommended items are in no training history",
        "1 lists are shorter than 2",
        "1 of 3 test users have no list",
    ]
    table = found.result.table.set_index(split.user_ids[found.result.table["user"]])
    assert table["recall_at_2"].to_dict() == {"a": 1, "b": 0, "c": 0}
    assert table["ndcg_at_2"]["a"] == pytest.approx(1 / np.log2(3))  # the ghost keeps place 1
    assert table["user_coverage_at_2"].to_dict() == {"a": 1, "b": 0, "c": 0}
    order = evaluate_lists(lists[["user", "item"]].iloc[::-1], evaluator(split, 2))
    assert any(note.startswith("lists have no rank and no score") for note in order.notes)
    assert order.result.table["ndcg_at_2"].iloc[0] == 1  # z is now the first of a


def test_predicted_ratings_have_an_error(split: Split) -> None:
    ratings = pd.DataFrame({"user": ["a", "b"], "item": ["z", "x"], "prediction": [4.0, 9.0]})
    found = evaluate_lists(None, evaluator(split, 2), ratings)
    assert found.result.table["mse"].tolist()[:2] == [1, 1]  # 9 is clipped to 5
    assert "ndcg_at_2" not in found.result.table
    assert [note.split(" ")[0] for note in found.notes] == ["1", "1"]
    assert "get that of the bias model" in found.notes[0]
    with pytest.raises(DataError, match="several predictions"):
        evaluate_lists(None, evaluator(split, 2), pd.concat([ratings, ratings]))


@pytest.mark.parametrize(
    ("lists", "words"),
    [
        ({"user": ["a"], "film": ["x"]}, "lists have no item column under a usual name"),
        ({"user": ["q"], "item": ["x"]}, "none of the 1 users of the lists"),
        ({"user": ["a", "a"], "item": ["x", None]}, "1 rows have no item, the first is data row 2"),
        ({"user": ["a"], "item": ["x"], "score": ["hi"]}, "not a number"),
    ],
)
def test_lists_that_cannot_be_judged_are_refused(
    lists: dict[str, list[str]], words: str, split: Split
) -> None:
    with pytest.raises(DataError, match=words) as error:
        evaluate_lists(pd.DataFrame(lists), evaluator(split, 2))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "user_id,item_id,rank\na,z,1\na,x,2\n",
        "a\tz\t0.9\na\tx\t-103.5\nb\tx\t2\n",  # Elliot's
        "user_id:token\titem_id:token\tscore:float\na\tz\t0.9\na\tx\t0.1\n",
        "user_id:token\titem_id_list:token_seq\na\tz x\n",
    ],
)
def test_formats_of_others_are_read(text: str, tmp_path: Path) -> None:
    path = tmp_path / "lists.tsv"
    path.write_text(text)
    table = list_tables.normalised(list_tables.read(path), "lists")
    assert table["user"].tolist()[:2] == ["a", "a"]
    assert table["item"].tolist()[:2] == ["z", "x"]


def test_lists_are_a_run_that_is_compared(lrec: CommandLine, tiny: Path, tmp_path: Path) -> None:
    lrec.give_store(tmp_path)
    on = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    split = LeaveOneOut()(CSV(str(tiny)).load())
    lists_of(split, 20).to_parquet(tmp_path / "theirs.parquet")
    answer = lrec(tmp_path, "evaluate", "lists=theirs.parquet", *on)
    assert answer.rc == 0, answer.err
    assert lrec(tmp_path, "train", "model=popularity", *on).rc == 0
    compared = lrec(tmp_path, "compare", "resamples=100")
    assert compared.rc == 0, compared.err
    assert "taken: popularity, theirs" in compared.out
    rows = pd.read_csv(next(tmp_path.rglob("comparison.csv")))
    own = rows[(rows["model"] == "theirs") & (rows["metric"] == "ndcg_at_10")]
    assert (own["difference"].fillna(0) == 0).all()
    assert len(own) >= 3
    (line,) = [line for line in answer.out.splitlines() if line.startswith("run ")]
    asked = lrec(tmp_path, "recommend", f"run={line.split()[1]}", "users=all")
    assert "has lists of another make and no model" in asked.complaint
    for name in ("lists-theirs", "theirs"):
        asked = lrec(tmp_path, "recommend", f"run={name}", "users=all")
        assert "has lists of another make and no model" in asked.complaint
    refused = lrec(tmp_path, "evaluate", "lists=theirs.parquet", *on, "model=ease")
    assert refused.rc == 2
    assert "has no meaning for lists" in refused.complaint


def test_items_of_other_ids_are_refused(split: Split) -> None:
    for item in ("007", ""):
        lists = pd.DataFrame({"user": ["a", "b"], "item": [item + "x1", item + "y1"]})
        with pytest.raises(DataError, match="none of the 2 items of the lists is in the data"):
            evaluate_lists(lists, evaluator(split, 2))
