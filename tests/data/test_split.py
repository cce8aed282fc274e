"""Pins the protocol that every split keeps, over random small data."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from lrec.base.config.conf import CONF
from lrec.base.errors import DataError
from lrec.data.dataset.csv import CSV
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions, ItemFeatures
from lrec.data.queries import Queries, Split
from lrec.data.split import Splitter
from lrec.data.split.global_time import GlobalTime
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.data.split.ratio import Ratio
from lrec.data.split.user_holdout import UserHoldout

examples = settings(max_examples=50, deadline=None)


def interactions(
    rows: list[tuple[int, int, int]], clock: bool = True, timed: bool = True
) -> Interactions:
    """Data from (user, item, time); the rating of a row is its place in the file."""
    user, item, time = np.array(rows, np.int64).reshape(-1, 3).T
    users, user = np.unique(user, return_inverse=True)
    items, item = np.unique(item, return_inverse=True)
    names = np.array([f"i{code}" for code in items])
    return Interactions(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        rating=np.arange(len(rows), dtype=np.float32),
        timestamp=time if timed else None,
        user_ids=np.array([f"u{code}" for code in users]),
        item_ids=names,
        clock=clock,
        features=ItemFeatures(titles=names),
    )


# Few times, so that many are equal; a user may take an item twice.
data_sets = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 9), st.integers(0, 12)), min_size=8, max_size=60
).map(interactions)
shares = st.sampled_from([0.1, 0.2, 0.3, 0.45])
seeds = st.integers(0, 3)
orders = st.sampled_from(["random", "time"])
global_times = st.builds(GlobalTime, validation=shares, test=shares)
leave_one_outs = st.builds(LeaveOneOut)
ratios = st.builds(Ratio, validation=shares, test=shares, order=orders, seed=seeds)
user_holdouts = st.builds(
    UserHoldout,
    validation=shares,
    test=shares,
    fold_in=st.sampled_from([0.1, 0.5, 0.8]),
    order=orders,
    seed=seeds,
)
splitters = st.one_of(global_times, leave_one_outs, ratios, user_holdouts)


def split_of(splitter: Splitter, data: Interactions) -> Split:
    """The split, unless the data is too small for it."""
    try:
        return splitter(data)
    except DataError as error:
        if "leaves no" not in str(error):
            raise
        reject()


def rows(histories: Histories) -> list[int]:
    """Places in the file of all entries."""
    assert histories.rating is not None
    return histories.rating.astype(int).tolist()


def rows_by_user(histories: Histories) -> dict[int, list[int]]:
    parts = np.split(np.array(rows(histories), int), histories.offsets[1:-1])
    return {user: part.tolist() for user, part in zip(histories.user.tolist(), parts, strict=False)}


def file_order(data: Interactions, user: int) -> list[int]:
    """A user's interactions, oldest first; those of equal time as they stand in the file."""
    own = [row for row in range(len(data)) if data.user[row] == user]
    return sorted(own, key=lambda row: int(data.timestamp[row]))


def questions(split: Split) -> Iterator[tuple[str, Queries]]:
    yield "validation", split.validation
    yield "test", split.test


def histories(split: Split) -> list[Histories]:
    """Everything in a split that has rows of interactions."""
    asked = [(q.history, q.train_history, q.target) for _, q in questions(split)]
    return [split.train, *(part for parts in asked for part in parts)]


@given(splitters, data_sets)
@examples
def test_parts_are_disjoint_and_cover_the_data(splitter: Splitter, data: Interactions) -> None:
    split = split_of(splitter, data)
    pretrained = set(rows(split.train))
    folded = {
        row for _, asked in questions(split) for row in rows(asked.train_history)
    } - pretrained
    used = Counter(
        rows(split.train) + rows(split.validation.target) + rows(split.test.target) + list(folded)
    )
    assert set(used.values()) == {1}
    left_out = set(range(len(data))) - set(used)
    assert len(left_out) == split.counts["interactions_excluded"]
    if isinstance(splitter, UserHoldout):
        assert all(data.activity[data.user[row]] == 1 for row in left_out)
    else:
        assert not left_out
        assert not folded


@given(splitters, data_sets)
@examples
def test_a_query_is_everything_before_the_target(splitter: Splitter, data: Interactions) -> None:
    split = split_of(splitter, data)
    held_out_split = isinstance(splitter, UserHoldout)
    train, validated = rows_by_user(split.train), rows_by_user(split.validation.target)
    for name, asked in questions(split):
        known, history = rows_by_user(asked.train_history), rows_by_user(asked.history)
        for user in asked.user.tolist():
            if held_out_split:
                assert user not in train
            else:
                assert known[user] == train.get(user, [])
            before = known[user] + (validated.get(user, []) if name == "test" else [])
            assert sorted(history[user]) == sorted(before)


@given(splitters, data_sets)
@examples
def test_rows_belong_together_oldest_first(splitter: Splitter, data: Interactions) -> None:
    split = split_of(splitter, data)
    for _, asked in questions(split):
        users = asked.target.user.tolist()
        assert asked.history.user.tolist() == asked.train_history.user.tolist() == users
        assert sorted(set(users)) == users
        assert (asked.target.lengths > 0).all()
    for part in histories(split):
        for user, own in rows_by_user(part).items():
            assert own == [row for row in file_order(data, user) if row in set(own)]


@given(splitters, data_sets)
@examples
def test_catalogue_is_what_training_holds(splitter: Splitter, data: Interactions) -> None:
    split = split_of(splitter, data)
    catalogue = split.catalogue
    pretrained = rows(split.train)
    names = [str(data.item_ids[data.item[row]]) for row in pretrained]
    pairs = {(int(data.user[row]), name) for row, name in zip(pretrained, names, strict=True)}
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
    asked = set(split.validation.user.tolist()) | set(split.test.user.tolist())
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
        "users_never_asked": data.n_users - len(asked),
        "interactions_excluded": excluded,
        "interactions_not_asked": 0,
        "test_targets_outside_catalogue": pytest.approx(len(outside) / len(targets)),
    }


@given(global_times, data_sets)
@examples
def test_global_time_learns_from_the_past(splitter: GlobalTime, data: Interactions) -> None:
    split = split_of(splitter, data)
    pretrained = split.train.timestamp.max()
    asked = split.validation.target.timestamp
    assert split.test.target.timestamp.min() > max(pretrained, *asked.tolist(), -1)
    assert (asked > pretrained).all()


def test_global_time_cuts_at_the_stated_shares() -> None:
    order = np.random.default_rng(0).permutation(200).tolist()
    split = GlobalTime(validation=0.1, test=0.2)(interactions([(t % 9, t % 7, t) for t in order]))
    assert sorted(split.train.timestamp) == list(range(140))
    assert sorted(split.validation.target.timestamp) == list(range(140, 160))
    assert sorted(split.test.target.timestamp) == list(range(160, 200))


def test_global_time_keeps_users_without_training_history() -> None:
    split = GlobalTime(validation=0.25, test=0.25)(
        interactions([(0, 0, 0), (0, 1, 1), (1, 0, 2), (2, 0, 3)])
    )
    assert split.validation.train_history.lengths.tolist() == [0]
    assert split.test.user.tolist() == [2]
    assert split.test.history.lengths.tolist() == [0]


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


@given(user_holdouts, data_sets)
@examples
def test_user_holdout_folds_a_part_in(splitter: UserHoldout, data: Interactions) -> None:
    split = split_of(splitter, data)
    train, validation, test = (
        set(part.user.tolist()) for part in (split.train, split.validation, split.test)
    )
    assert not train & (validation | test)
    assert not validation & test
    for _, asked in questions(split):
        known, target = rows_by_user(asked.train_history), rows_by_user(asked.target)
        assert known == rows_by_user(asked.history)
        for user, own in target.items():
            size = len(own) + len(known[user])
            assert size == data.activity[user] >= 2
            assert known[user], "a held-out user is never cold"
            assert abs(len(known[user]) - splitter.fold_in * size) <= 1
            if splitter.order == "time":
                assert [*known[user], *own] == file_order(data, user)


def big(n_users: int = 60, n_rows: int = 900, **options: bool) -> Interactions:
    generator = np.random.default_rng(5)
    drawn = generator.integers(0, (n_users, 40, 500), (n_rows, 3))
    return interactions([tuple(row) for row in drawn.tolist()], **options)


def test_user_holdout_takes_the_stated_shares_of_users() -> None:
    split = UserHoldout(validation=0.1, test=0.2)(big())
    assert (len(split.validation), len(split.test), len(split.train)) == (6, 12, 42)


def test_user_holdout_leaves_single_interactions_out() -> None:
    singles = [(user, 0, 0) for user in range(20)]
    pairs = [(user, item, item) for user in range(20, 40) for item in range(2)]
    split = UserHoldout(validation=0.2, test=0.5)(interactions([*singles, *pairs]))
    asked = {*split.validation.user.tolist(), *split.test.user.tolist()}
    pretrained = set(split.train.user.tolist())
    assert asked == set(range(20, 40)) - pretrained
    assert split.counts["interactions_excluded"] == 20 - len(pretrained & set(range(20))) > 0


ALL = [GlobalTime(), LeaveOneOut(), Ratio(), Ratio(order="time"), UserHoldout()]
NAMES = [f"{splitter.name}-{getattr(splitter, 'order', '')}".strip("-") for splitter in ALL]


@pytest.mark.parametrize(
    "splitter", [GlobalTime(), LeaveOneOut(), Ratio(order="time"), UserHoldout(order="time")]
)
def test_an_order_needs_timestamps(splitter: Splitter) -> None:
    with pytest.raises(DataError, match=r"no timestamps.*use split=\w+") as error:
        splitter(big(timed=False))
    assert f"split={splitter.name} " in str(error.value)
    assert "\n" not in str(error.value)


def test_global_time_needs_a_clock() -> None:
    with pytest.raises(DataError, match=r"clock: false.*Use split=\w+") as error:
        GlobalTime()(big(clock=False))
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


def assert_same(one: Split, other: Split) -> None:
    pairs = zip(histories(one), histories(other), strict=True)
    assert all(rows_by_user(a) == rows_by_user(b) for a, b in pairs)


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
