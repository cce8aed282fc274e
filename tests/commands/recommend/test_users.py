"""Users to recommend to: of the data, of a bucket, or new ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.composing import checked, composed

from lrec.base.errors import DataError
from lrec.commands.recommend.users import given_histories, known_users, meant, new_users
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.evaluator import Evaluator
from lrec.model import Model


def test_known_users_have_their_whole_history(settings: Any, model: Model) -> None:
    data = settings.dataset.load()
    users, histories, targets = known_users(
        settings, settings.dataset.load(), ["person-020", "person-003"], model.catalogue
    )
    assert users.tolist() == ["person-020", "person-003"]
    assert targets.item.tolist() == histories.item.tolist()  # all may be held out
    for row, user in enumerate(users):
        theirs = data.item_ids[data.item[data.user_ids[data.user] == user]]
        inside = set(theirs) & set(model.catalogue.ids[: model.catalogue.n_items])
        codes = histories.item[histories.offsets[row] : histories.offsets[row + 1]]
        assert set(model.catalogue.ids[codes]) == inside


def test_buckets_partition_all_users(settings: Any, model: Model) -> None:
    all_users, *_ = known_users(settings, settings.dataset.load(), "all", model.catalogue)
    groups = [
        known_users(settings, settings.dataset.load(), g, model.catalogue)[0].tolist()
        for g in ("tail", "head")
    ]
    torso = known_users(settings, settings.dataset.load(), "torso", model.catalogue)[0].tolist()
    assert sorted([*groups[0], *groups[1], *torso]) == sorted(all_users.tolist())
    with pytest.raises(DataError, match="users=cold is nobody"):
        known_users(settings, settings.dataset.load(), "cold", model.catalogue)


def test_buckets_of_users_held_out_are_those_of_the_evaluation(tiny: Path, model: Model) -> None:
    """The length of the fold-in part decides; only single interactions leave nothing to go by."""
    words = ("split=user_holdout", "split.validation=0.3", "split.test=0.3")
    some = ("dataset=csv", f"dataset.path={tiny}", "bucket=[activity,counts]")
    settings: Any = checked(composed(*words, *some))
    data = settings.dataset.load()
    split = settings.split(data)
    evaluator = Evaluator(split, settings.metric, settings.bucket, settings.k)
    expected: dict[str, set[str]] = {}
    for part, queries in evaluator.parts.items():
        for buckets in evaluator.buckets[part]:
            for user, bucket in zip(queries.user, buckets.column, strict=True):
                expected.setdefault(bucket, set()).add(str(data.user_ids[user]))
    assert len(expected) > 2
    for bucket, users in expected.items():
        assert users <= set(
            known_users(settings, settings.dataset.load(), bucket, model.catalogue)[0].tolist()
        )
    pretrained = np.isin(np.arange(data.n_users), split.train.user)
    cold = set(known_users(settings, settings.dataset.load(), "cold", model.catalogue)[0].tolist())
    assert cold == set(data.user_ids[~pretrained & (data.activity == 1)].tolist())


def test_new_users_come_from_a_table_in_the_order_of_time(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "user,item,timestamp\nzoe,thing-03,30\namy,thing-01,5\nzoe,thing-00,10\nzoe,nothing,20\n"
    )
    with pytest.warns(UserWarning, match="1 of 4 ids are unknown"):
        users, histories = new_users(given_histories(str(path)), model.catalogue)
    assert users.tolist() == ["zoe", "amy"]
    ids = model.catalogue.ids[histories.item].tolist()
    assert ids == ["thing-00", "thing-03", "thing-01"]
    assert histories.lengths.tolist() == [2, 1]
    path.write_text("item\nthing-03\nthing-01\n")
    users, histories = new_users(given_histories(str(path)), model.catalogue)
    assert users.tolist() == ["new"]
    assert model.catalogue.ids[histories.item].tolist() == ["thing-03", "thing-01"]
    path.write_text("kunde,item\nzoe,thing-03\namy,thing-01\n")
    note = r"2 rows .* one person's \(columns: item=item; not used: kunde\): name a column user "
    with pytest.warns(UserWarning, match=note):
        users, _ = new_users(given_histories(str(path)), model.catalogue)
    assert users.tolist() == ["new"]


def listed(histories: Histories, catalogue: Catalogue) -> list[list[str]]:
    ids = catalogue.ids[histories.item].tolist()
    return [ids[a:b] for a, b in pairwise(histories.offsets.tolist())]


@pytest.mark.parametrize(
    "times",
    [
        ("1600000000900", "1600000000100", "1600000000500"),
        ("1.6e18", "1.5e18", "1.55e18"),
        ("3", "-1", "0.5"),
        ("2020-01-02", "2019-12-31T23:00:00Z", "2020-01-01"),
        ("2020-01-02", "5", "2020-01-01"),
    ],
)
def test_times_of_any_unit_order_the_history(
    model: Model, tmp_path: Path, times: tuple[str, ...]
) -> None:
    path = tmp_path / "people.csv"
    lines = [f"zoe,thing-0{index},{time}" for index, time in enumerate(times)]
    path.write_text("\n".join(["user,item,timestamp", *lines]))
    _, histories = new_users(given_histories(str(path)), model.catalogue)
    assert listed(histories, model.catalogue) == [["thing-01", "thing-02", "thing-00"]]


def test_times_must_be_times(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("user,item,timestamp\nzoe,thing-01,1600000000900\nzoe,thing-02,soon\n")
    with pytest.raises(DataError, match=r"not a time .*data row 2\. Received: 'soon'$"):
        new_users(given_histories(str(path)), model.catalogue)


def test_rows_without_a_user_are_counted_and_refused(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("user,item\nzoe,thing-03\n,thing-01\n,thing-02\n")
    words = r"^2 of 3 rows have no user id \(the first is data row 2\): "
    with pytest.raises(DataError, match=words):
        new_users(given_histories(str(path)), model.catalogue)


def test_rows_without_an_item_are_left_out(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("user,item\nzoe,thing-03\namy,\n")
    with pytest.warns(UserWarning, match="1 of 2 ids are unknown, such as an empty one"):
        users, histories = new_users(given_histories(str(path)), model.catalogue)
    assert users.tolist() == ["zoe", "amy"]
    assert listed(histories, model.catalogue) == [["thing-03"], []]


def test_numbers_of_a_parquet_file_are_ids_as_the_data_reads_them(
    model: Model, tmp_path: Path
) -> None:
    ids = np.array([str(number) for number in range(len(model.catalogue.ids))])
    catalogue = replace(model.catalogue, ids=ids)
    path = tmp_path / "people.parquet"
    pd.DataFrame({"user": [7.0, 7.0, 8.0], "item": [1.0, 3.0, 2.0]}).to_parquet(path)
    users, histories = new_users(given_histories(str(path)), catalogue)
    assert users.tolist() == ["7", "8"]
    assert listed(histories, catalogue) == [["1", "3"], ["2"]]


def test_unknown_users_and_items_are_refused(settings: Any, model: Model, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"users: 1 of 2 ids are unknown, such as nobody"):
        known_users(settings, settings.dataset.load(), ["person-003", "nobody"], model.catalogue)
    with pytest.raises(DataError, match=r"history: 1 of 1 ids are unknown"):
        new_users(given_histories(["nothing"]), model.catalogue)
    with pytest.raises(DataError, match="neither a list of item ids nor a file"):
        new_users(given_histories(str(tmp_path / "none.csv")), model.catalogue)
    path = tmp_path / "bad.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="no item column"):
        new_users(given_histories(str(path)), model.catalogue)


@pytest.mark.parametrize("written", ["2122", " 00002122", "0002122 ", "00002122"])
def test_an_id_without_its_zeros_or_with_blanks_is_recognised(written: str) -> None:
    assert meant(written, np.array(["00002122", "x"])) == " (did you mean 00002122?)"
    assert meant("2122", np.array(["x", "2123", "21220"])) == ""
