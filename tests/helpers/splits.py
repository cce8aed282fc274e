"""Small random data, splits of it, and what belongs to whom in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import reject, settings
from hypothesis import strategies as st

from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions, ItemFeatures
from lrec.data.queries import Queries, Split
from lrec.data.split import Splitter
from lrec.data.split.global_time import GlobalTime
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.data.split.ratio import Ratio
from lrec.data.split.rolling import Rolling
from lrec.data.split.user_holdout import UserHoldout

examples = settings(max_examples=50, deadline=None)


def interactions(
    rows: list[tuple[int, int, int]], clock: bool = True, timed: bool = True
) -> Interactions:
    """Data from (user, item, time); the rating of a row is its index in the file."""
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
folded = st.builds(
    Ratio,
    validation=shares,
    folds=st.integers(2, 6),
    seed=seeds,
)
seconds = st.integers(1, 4).map(lambda n: n / 86_400)  # in days
rollings = st.integers(1, 3).flatmap(
    lambda windows: st.builds(
        Rolling,
        windows=st.just(windows),
        window=st.integers(0, windows - 1),
        length=st.none() | seconds,
        gap=st.just(0) | seconds,
        validation=st.none() | st.just(0) | seconds,
        span=st.none() | seconds,
    )
)
splitters = st.one_of(global_times, leave_one_outs, ratios, user_holdouts, folded, rollings)


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


def queries_of(split: Split) -> Iterator[tuple[str, Queries]]:
    yield "validation", split.validation
    yield "test", split.test


def histories(split: Split) -> list[Histories]:
    """Everything in a split that has rows of interactions."""
    triples = [(q.history, q.train_history, q.target) for _, q in queries_of(split)]
    return [split.train, *(part for parts in triples for part in parts)]


def big(n_users: int = 60, n_rows: int = 900, **options: bool) -> Interactions:
    generator = np.random.default_rng(5)
    drawn = generator.integers(0, (n_users, 40, 500), (n_rows, 3))
    return interactions([tuple(row) for row in drawn.tolist()], **options)


ALL = [GlobalTime(), LeaveOneOut(), Ratio(), Ratio(order="time"), UserHoldout(), Rolling()]
NAMES = [f"{splitter.name}-{getattr(splitter, 'order', '')}".strip("-") for splitter in ALL]


def assert_same(one: Split, other: Split) -> None:
    pairs = zip(histories(one), histories(other), strict=True)
    assert all(rows_by_user(a) == rows_by_user(b) for a, b in pairs)


def described(split: Split, **features: Any) -> Split:
    """The split with features of its items."""
    catalogue = replace(split.catalogue, features=ItemFeatures(**features))
    return replace(split, catalogue=catalogue)
