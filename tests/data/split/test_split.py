"""The protocol that every split keeps, over random small data."""

from __future__ import annotations

import random
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.splits import (
    ALL,
    NAMES,
    assert_same,
    big,
    data_sets,
    examples,
    file_order,
    histories,
    interactions,
    queries_of,
    rows,
    rows_by_user,
    split_of,
    splitters,
)
from hypothesis import given

from lrec.base.config.conf import CONF
from lrec.base.errors import DataError
from lrec.data.dataset.csv import CSV
from lrec.data.interactions import Interactions
from lrec.data.split import Splitter
from lrec.data.split.global_time import GlobalTime
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.data.split.ratio import Ratio
from lrec.data.split.rolling import Rolling
from lrec.data.split.user_holdout import UserHoldout


@given(splitters, data_sets)
@examples
def test_parts_are_disjoint_and_cover_the_data(splitter: Splitter, data: Interactions) -> None:
    split = split_of(splitter, data)
    trained = set(rows(split.train))
    folded = {
        row for _, queries in queries_of(split) for row in rows(queries.train_history)
    } - trained
    used = Counter(
        rows(split.train) + rows(split.validation.target) + rows(split.test.target) + list(folded)
    )
    assert set(used.values()) == {1}
    left_out = set(range(len(data))) - set(used)
    assert len(left_out) == split.counts["interactions_excluded"]
    if isinstance(splitter, UserHoldout):
        assert all(data.activity[data.user[row]] == 1 for row in left_out)
    else:
        assert isinstance(splitter, Rolling) or not left_out
        assert not folded


@given(splitters, data_sets)
@examples
def test_a_query_is_everything_before_the_target(splitter: Splitter, data: Interactions) -> None:
    split = split_of(splitter, data)
    is_held_out = isinstance(splitter, UserHoldout)
    train, validated = rows_by_user(split.train), rows_by_user(split.validation.target)
    for name, queries in queries_of(split):
        known, history = rows_by_user(queries.train_history), rows_by_user(queries.history)
        for user in queries.user.tolist():
            if is_held_out:
                assert user not in train
            else:
                assert known[user] == train.get(user, [])
            before = known[user] + (validated.get(user, []) if name == "test" else [])
            assert sorted(history[user]) == sorted(before)


@given(splitters, data_sets)
@examples
def test_rows_belong_together_oldest_first(splitter: Splitter, data: Interactions) -> None:
    split = split_of(splitter, data)
    for _, queries in queries_of(split):
        users = queries.target.user.tolist()
        assert queries.history.user.tolist() == queries.train_history.user.tolist() == users
        assert sorted(set(users)) == users
        assert (queries.target.lengths > 0).all()
    for part in histories(split):
        for user, own in rows_by_user(part).items():
            assert own == [row for row in file_order(data, user) if row in set(own)]


@given(splitters, data_sets)
@examples
def test_catalogue_is_what_training_holds(splitter: Splitter, data: Interactions) -> None:
    split = split_of(splitter, data)
    catalogue = split.catalogue
    trained = rows(split.train)
    names = [str(data.item_ids[data.item[row]]) for row in trained]
    pairs = {(int(data.user[row]), name) for row, name in zip(trained, names, strict=True)}
    users_of = Counter(name for _, name in pairs)
    inside, outside = np.split(catalogue.ids, [catalogue.n_items])
    assert sorted(inside) == sorted(set(names))
    assert sorted([*inside, *outside]) == sorted(data.item_ids)
    assert catalogue.popularity.tolist() == [users_of[name] for name in inside]
    assert catalogue.interactions.tolist() == [names.count(name) for name in inside]
    assert catalogue.n_users == len({user for user, _ in pairs}) == len(split.train)
    assert catalogue.features.titles.tolist() == catalogue.ids.tolist()


@given(splitters, data_sets)
@examples
def test_codes_still_mean_the_same_items(splitter: Splitter, data: Interactions) -> None:
    split = split_of(splitter, data)
    for part in histories(split):
        ids = data.item_ids[data.item[rows(part)]]
        assert split.catalogue.ids[part.item].tolist() == ids.tolist()
        assert part.timestamp.tolist() == data.timestamp[rows(part)].tolist()
    assert (split.train.item < split.catalogue.n_items).all()
    assert split.user_ids.tolist() == data.user_ids.tolist()


@given(splitters, data_sets)
@examples
def test_counts(splitter: Splitter, data: Interactions) -> None:
    split = split_of(splitter, data)
    queried = set(split.validation.user.tolist()) | set(split.test.user.tolist())
    targets = rows(split.test.target)
    known = set(split.catalogue.ids[: split.catalogue.n_items])
    outside = [row for row in targets if data.item_ids[data.item[row]] not in known]
    excluded = split.counts["interactions_excluded"]
    assert split.counts == {
        "users": data.n_users,
        "interactions": len(data),
        "catalogue_items": split.catalogue.n_items,
        "train_users": len(split.train),
        "train_interactions": len(rows(split.train)),
        "validation_users": len(split.validation),
        "validation_interactions": len(rows(split.validation.target)),
        "test_users": len(split.test),
        "test_interactions": len(targets),
        "users_without_test_items": data.n_users - len(split.test),
        "users_never_asked": data.n_users - len(queried),
        "interactions_excluded": excluded,
        "interactions_not_asked": 0,
        "test_targets_outside_catalogue": pytest.approx(len(outside) / len(targets)),
    }


@pytest.mark.parametrize(
    "splitter",
    [GlobalTime(), Rolling(), LeaveOneOut(), Ratio(order="time"), UserHoldout(order="time")],
)
def test_an_order_needs_timestamps(splitter: Splitter) -> None:
    with pytest.raises(DataError, match=r"no timestamps.*use split=\w+") as error:
        splitter(big(timed=False))
    assert f"split={splitter.name} " in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("splitter", [LeaveOneOut(), Ratio(order="time"), UserHoldout()])
def test_positions_are_enough_for_an_order_within_users(splitter: Splitter) -> None:
    assert_same(splitter(big(clock=False)), splitter(big()))


@pytest.mark.parametrize("splitter", [Ratio(), UserHoldout()])
def test_random_order_needs_no_timestamps(splitter: Splitter) -> None:
    split = splitter(big(timed=False))
    assert split.train.timestamp is None
    assert len(split.test)


@pytest.mark.parametrize("splitter", ALL, ids=NAMES)
def test_too_little_data_is_refused(splitter: Splitter) -> None:
    with pytest.raises(DataError, match=r"leaves no .* 1 users, 1 interactions") as error:
        splitter(interactions([(0, 0, 0)]))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("splitter", ALL, ids=NAMES)
def test_training_seeds_cannot_change_a_split(splitter: Splitter) -> None:
    data = big()
    first = splitter(data)
    random.seed(7)
    np.random.seed(7)  # noqa: NPY002 (what a careless library or trainer does)
    assert_same(splitter(data), first)
    assert_same(splitter(replace(data)), first)


@pytest.mark.parametrize("kind", [Ratio, UserHoldout])
def test_split_seeds_change_a_split(kind: type[Ratio | UserHoldout]) -> None:
    one, other = (rows_by_user(kind(seed=seed)(big()).test.target) for seed in (1, 2))
    assert one != other


@pytest.mark.parametrize(
    "path",
    [path for group in ("split", "dataset") for path in sorted((CONF / group).glob("*.yaml"))],
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_no_config_ties_the_data_to_the_training_seed(path: Path) -> None:
    assert "${" not in path.read_text()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        *((k, o) for k in (GlobalTime, Ratio, UserHoldout) for o in ({"test": 0}, {"test": 1})),
        *((k, {"validation": 0.6, "test": 0.4}) for k in (GlobalTime, Ratio, UserHoldout)),
        *((k, {"validation": -0.1}) for k in (GlobalTime, Ratio, UserHoldout)),
        (UserHoldout, {"fold_in": 0}),
        (UserHoldout, {"fold_in": 1}),
    ],
)
def test_shares_must_leave_something(kind: type[Splitter], options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"Received: .*\d$"):
        kind(**options)


@pytest.mark.parametrize("clock", [True, False])
def test_a_split_has_the_clock_of_its_data(tiny: Path, clock: bool) -> None:
    assert LeaveOneOut()(CSV(str(tiny), clock=clock).load()).clock is clock


@pytest.mark.parametrize("splitter", [LeaveOneOut(), GlobalTime(0.2, 0.4), Ratio(order="time")])
def test_targets_that_nothing_can_hit_are_noted(splitter: Splitter) -> None:
    repeats = interactions([(u, time % 4, time) for u in range(5) for time in range(10)])
    with pytest.warns(UserWarning, match=r"(\d+) of \1 test targets .* dataset\.duplicates=last"):
        splitter(repeats)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        splitter(interactions([(user, time, time) for user in range(5) for time in range(10)]))
