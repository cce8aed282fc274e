"""Last interactions, held out."""

from __future__ import annotations

from helpers.splits import (
    data_sets,
    examples,
    file_order,
    rows_by_user,
    split_of,
)
from hypothesis import given

from lrec.data.interactions import Interactions
from lrec.data.split.leave_one_out import LeaveOneOut


@given(data_sets)
@examples
def test_leave_one_out_takes_the_last(data: Interactions) -> None:
    split = split_of(LeaveOneOut(), data)
    train, validation, test = map(
        rows_by_user, (split.train, split.validation.target, split.test.target)
    )
    for user in range(data.n_users):
        own = file_order(data, user)
        assert test.get(user, []) == (own[-1:] if len(own) >= 2 else [])
        assert validation.get(user, []) == (own[-2:-1] if len(own) >= 3 else [])
        assert train.get(user, []) == (own[: -min(len(own) - 1, 2)] if len(own) > 1 else own)
    assert split.counts["users_without_test_items"] == (data.activity == 1).sum()
