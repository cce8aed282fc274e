"""Shares of each user's interactions, held out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from helpers.splits import (
    data_sets,
    examples,
    file_order,
    interactions,
    ratios,
    rows_by_user,
    seeds,
    shares,
    split_of,
)
from hypothesis import given
from hypothesis import strategies as st

from lrec.data.interactions import Interactions
from lrec.data.split import TEST, TRAIN, VALIDATION
from lrec.data.split.ratio import Ratio


@given(ratios, data_sets)
@examples
def test_ratio_holds_out_a_share_of_each_user(splitter: Ratio, data: Interactions) -> None:
    split = split_of(splitter, data)
    validation, test = rows_by_user(split.validation.target), rows_by_user(split.test.target)
    for user in range(data.n_users):
        own = file_order(data, user)
        tested, validated = test.get(user, []), validation.get(user, [])
        assert abs(len(tested) - splitter.test * len(own)) <= 0.5
        assert abs(len(validated) - splitter.validation * len(own)) <= 1
        if splitter.order == "time":
            held_out_split = [*validated, *tested]
            assert held_out_split == own[len(own) - len(held_out_split) :]


def test_ratio_rounds_halves_to_even() -> None:
    activity = [5, 15, 25, 35]
    rows = [(user, item, item) for user, n in enumerate(activity) for item in range(n)]
    split = Ratio(validation=0.2, test=0.1)(interactions(rows))
    tested = dict(zip(split.test.user.tolist(), split.test.target.lengths.tolist(), strict=True))
    assert tested == {1: 2, 2: 2, 3: 4}


@given(data_sets, st.integers(2, 6), shares, seeds)
@examples
def test_each_interaction_is_tested_in_one_fold(
    data: Interactions, folds: int, validation: float, seed: int
) -> None:
    """And a user's are spread evenly; what is held out for validation is a share of them."""
    data = data.by_user()
    parts = [
        Ratio(validation=validation, folds=folds, fold=fold, seed=seed).assign(data)
        for fold in range(folds)
    ]
    tested = np.array([part == TEST for part in parts])
    assert (tested.sum(axis=0) == 1).all()
    for user in range(data.n_users):
        own = data.user == user
        counts = tested[:, own].sum(axis=1)
        assert counts.max() - counts.min() <= 1
        for part in parts:
            of = Counter(part[own].tolist())
            wanted = round(validation * int(own.sum()))  # halves to even
            assert of[VALIDATION] == min(wanted, int(own.sum()) - of[TEST])
            assert of[TRAIN] == int(own.sum()) - of[TEST] - of[VALIDATION]


def test_users_of_one_interaction_are_spread_over_the_folds() -> None:
    data = interactions([(user, user % 7, 0) for user in range(1000)]).by_user()
    sizes = [int((Ratio(folds=5, fold=fold).assign(data) == TEST).sum()) for fold in range(5)]
    assert min(sizes) > 150


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"folds": 1}, "folds must be 2 or more"),
        ({"folds": 5, "fold": 5}, "Received: fold=5, folds=5"),
        ({"fold": 1}, "Received: fold=1, folds=null"),
        ({"folds": 3, "order": "time"}, "set order=random"),
        ({"folds": 2, "validation": 0.5}, "leave something to train on"),
    ],
)
def test_folds_that_are_none_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match="Received: ") as error:
        Ratio(**options)
    assert words in str(error.value)
