"""Shares of each user's interactions, held out."""

from __future__ import annotations

from helpers.splits import (
    data_sets,
    examples,
    file_order,
    interactions,
    ratios,
    rows_by_user,
    split_of,
)
from hypothesis import given

from lrec.data.interactions import Interactions
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
