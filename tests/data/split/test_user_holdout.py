"""Whole users, held out."""

from __future__ import annotations

from helpers.splits import (
    big,
    data_sets,
    examples,
    file_order,
    interactions,
    queries_of,
    rows_by_user,
    split_of,
    user_holdouts,
)
from hypothesis import given

from lrec.data.interactions import Interactions
from lrec.data.split.user_holdout import UserHoldout


@given(user_holdouts, data_sets)
@examples
def test_user_holdout_folds_a_part_in(splitter: UserHoldout, data: Interactions) -> None:
    split = split_of(splitter, data)
    train, validation, test = (
        set(part.user.tolist()) for part in (split.train, split.validation, split.test)
    )
    assert not train & (validation | test)
    assert not validation & test
    for _, queries in queries_of(split):
        folded_in, target = rows_by_user(queries.train_history), rows_by_user(queries.target)
        assert folded_in == rows_by_user(queries.history)
        for user, own in target.items():
            size = len(own) + len(folded_in[user])
            assert size == data.activity[user] >= 2
            assert folded_in[user], "a held-out user is never cold"
            assert abs(len(folded_in[user]) - splitter.fold_in * size) <= 1
            if splitter.order == "time":
                assert [*folded_in[user], *own] == file_order(data, user)


def test_user_holdout_takes_the_stated_shares_of_users() -> None:
    split = UserHoldout(validation=0.1, test=0.2)(big())
    assert (len(split.validation), len(split.test), len(split.train)) == (6, 12, 42)


def test_user_holdout_leaves_single_interactions_out() -> None:
    singles = [(user, 0, 0) for user in range(20)]
    pairs = [(user, item, item) for user in range(20, 40) for item in range(2)]
    split = UserHoldout(validation=0.2, test=0.5)(interactions([*singles, *pairs]))
    queried = {*split.validation.user.tolist(), *split.test.user.tolist()}
    trained = set(split.train.user.tolist())
    assert queried == set(range(20, 40)) - trained
    assert split.counts["interactions_excluded"] == 20 - len(trained & set(range(20))) > 0
