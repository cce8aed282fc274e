"""Saved runs in other groups than they were trained with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.splits import big

from lrec.commands.compare.regrouping import regroup
from lrec.commands.train.pseudonyms import pseudonyms
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.evaluation.bucket.activity import Activity
from lrec.evaluation.bucket.column import Column
from lrec.evaluation.comparison.user_alignment import ComparisonError, ModelTables

SPLIT = LeaveOneOut()(big())


def published(digest: str | None, seed: int) -> pd.DataFrame:
    """A user table in another order, by pseudonyms or by the users' ids."""
    order = np.random.default_rng(seed).permutation(len(SPLIT.test))
    ids = SPLIT.user_ids[SPLIT.test.user[order]]
    return pd.DataFrame(
        {
            "user": pd.Series(ids if digest is None else pseudonyms(ids, digest)).astype(object),
            "n_train": SPLIT.test.train_history.lengths[order],
            "bucket/counts": "n1-4",
            "id": ids,
        }
    )


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LREC_PSEUDONYM_KEY", "some")


def test_users_are_sorted_again_by_pseudonym_or_id(tmp_path: Path) -> None:
    plan = {user: ("free", "paid")[number % 2] for number, user in enumerate(SPLIT.user_ids)}
    path = tmp_path / "users.csv"
    path.write_text("user,plan\n" + "".join(f"{user},{of}\n" for user, of in plan.items()))
    models = [
        ModelTables("one", [published("abc", 1), published("abc", 2)], 40),
        ModelTables("two", [published(None, 3)], 40),
    ]
    found, buckets = regroup(models, [Activity(), Column(str(path), "plan")], SPLIT, "abc")
    assert [bucket.bucketing for bucket in buckets] == ["activity", "column"]
    activity = dict(zip(SPLIT.user_ids[SPLIT.test.user], buckets[0].column, strict=True))
    assert [len(model.tables) for model in found] == [2, 1]
    for table in (table for model in found for table in model.tables):
        assert "bucket/counts" not in table
        assert table["bucket/column"].tolist() == [f"plan_{plan[user]}" for user in table["id"]]
        assert table["bucket/activity"].tolist() == [activity[user] for user in table["id"]]


@pytest.mark.parametrize(
    "table",
    [published(None, 1).assign(n_train=99), published(None, 1).assign(user="somebody")],
    ids=["other histories", "other users"],
)
def test_users_of_other_data_are_refused(table: pd.DataFrame) -> None:
    with pytest.raises(ComparisonError, match="users of one cannot be found in its data"):
        regroup([ModelTables("one", [table], 40)], [Activity()], SPLIT, "abc")
