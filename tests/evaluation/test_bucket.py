"""Pins the edges of every bucketing, and the rules that all bucketings keep."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.bucket import Bucketing, Buckets, check_names, quantiles
from lrec.evaluation.bucket.activity import Activity
from lrec.evaluation.bucket.counts import Counts
from lrec.evaluation.bucket.mainstream import Mainstream
from lrec.evaluation.bucket.pareto import Pareto
from lrec.evaluation.bucket.top5 import Top5

examples = settings(max_examples=50, deadline=None)
BUCKETINGS = [Activity(), Counts(), Mainstream(), Pareto(), Top5()]
all_bucketings = pytest.mark.parametrize(
    "bucketing", BUCKETINGS, ids=[bucketing.name for bucketing in BUCKETINGS]
)
lengths = st.lists(st.integers(1, 60), min_size=1, max_size=40)


def histories(sizes: Sequence[int]) -> Histories:
    """Users with items 0, 1, 2, …"""
    return Histories.of([list(range(size)) for size in sizes])


def catalogue(counts: Sequence[int]) -> Catalogue:
    return Catalogue(
        ids=np.array([f"i{i}" for i in range(len(counts) + 2)]),
        popularity=np.array(counts),
        interactions=np.array(counts),
        n_users=100,
    )


def sort(bucketing: Bucketing, train: Sequence[int], sizes: Sequence[int]) -> Buckets:
    return bucketing.assign(histories(sizes), histories(train), catalogue([9] * 70))


def inverted_cdf(values: Sequence[int], percent: int) -> int:
    """The smallest value that at least this share of the values does not exceed."""
    for value in sorted(values):
        if 100 * sum(v <= value for v in values) >= percent * len(values):
            return value
    raise AssertionError


@given(lengths, st.sampled_from([5, 20, 50, 80, 95]))
@examples
def test_quantiles_invert_the_distribution(values: list[int], percent: int) -> None:
    assert quantiles(np.array(values), [percent / 100]) == [inverted_cdf(values, percent)]


@pytest.mark.parametrize(
    ("bucketing", "percents"),
    [
        (Activity(), [50, 80]),
        (Activity([0.2, 0.95]), [20, 95]),
        (Pareto(), [80]),
        (Top5(), [95]),
    ],
)
@given(train=lengths, sizes=lengths)
@examples
def test_activity_is_parted_at_quantiles_of_training(
    bucketing: Bucketing, percents: list[int], train: list[int], sizes: list[int]
) -> None:
    edges = [inverted_cdf(train, percent) for percent in percents]
    expected = [bucketing.names[sum(size > edge for edge in edges)] for size in sizes]
    assert sort(bucketing, train, sizes).column.tolist() == expected


@pytest.mark.parametrize(
    ("bucketing", "train", "expected"),
    [
        (Activity(), [1, 1, 2, 3, 9], ["tail"] * 3 + ["torso", "head"]),
        (Activity(), [1, 1, 1, 2, 3], ["tail"] * 3 + ["torso", "head"]),
        (Activity(), [1, 1, 1, 1, 3], ["tail"] * 4 + ["head"]),
        (Activity(), [4, 4, 4], ["tail"] * 3),
        (Pareto(), [1, 2, 3, 4, 5], ["pareto_tail"] * 4 + ["pareto_head"]),
        (Top5(), list(range(1, 21)), ["rest95"] * 19 + ["top5"]),
        (Top5(), list(range(1, 20)), ["rest95"] * 19),
    ],
)
def test_by_hand(bucketing: Bucketing, train: list[int], expected: list[str]) -> None:
    assert sort(bucketing, train, train).column.tolist() == expected


@pytest.mark.parametrize(
    ("size", "bucket"),
    [
        (0, "cold"),
        (1, "n1-4"),
        (4, "n1-4"),
        (5, "n5-9"),
        (9, "n5-9"),
        (10, "n10-19"),
        (19, "n10-19"),
        (20, "n20-49"),
        (49, "n20-49"),
        (50, "n50plus"),
        (500, "n50plus"),
    ],
)
def test_counts_edges(size: int, bucket: str) -> None:
    assert sort(Counts(), [1, 2, 300], [size]).column.tolist() == [bucket]


# Items 0 to 3 hold 80 of 100 interactions; 4 and 5 lie in the tail, 6 and 7 outside.
MIXED = catalogue([20, 20, 20, 20, 10, 10])


@pytest.mark.parametrize(
    ("head", "other", "bucket"),
    [
        (0, 3, "niche"),
        (49, 51, "niche"),
        (1, 1, "diverse"),
        (50, 50, "diverse"),
        (3, 2, "diverse"),
        (9, 1, "diverse"),
        (27, 3, "diverse"),
        (63, 7, "diverse"),
        (91, 9, "blockbuster"),
        (2, 0, "blockbuster"),
        (0, 0, "cold"),
    ],
)
@pytest.mark.parametrize("tail_item", [4, 6])
def test_mainstream_thresholds(head: int, other: int, bucket: str, tail_item: int) -> None:
    history = Histories.of([[i % 4 for i in range(head)] + [tail_item] * other])
    assert Mainstream().assign(history, histories([1]), MIXED).column.tolist() == [bucket]


def test_mainstream_says_its_thresholds() -> None:
    assert Mainstream().assign(histories([1]), histories([1]), MIXED).edges == {
        "niche": "short-head share < 0.5",
        "diverse": "0.5 <= short-head share <= 0.9",
        "blockbuster": "short-head share > 0.9",
    }


@all_bucketings
@given(train=lengths, sizes=st.lists(st.integers(0, 60), max_size=30))
@examples
def test_rules_of_all_bucketings(bucketing: Bucketing, train: list[int], sizes: list[int]) -> None:
    buckets = sort(bucketing, train, sizes)
    assert buckets.bucketing == bucketing.name
    assert buckets.names == bucketing.names
    assert list(buckets.edges) == list(bucketing.names)
    assert len(buckets.column) == len(sizes)
    for name, size in zip(buckets.column, sizes, strict=True):
        assert (name == "cold") == (size == 0)
        assert name in (*bucketing.names, "cold")
    # Users alike in length are never parted, and more never means a lower bucket.
    pairs = sorted(zip(sizes, buckets.label.tolist(), strict=True))
    assert len(set(pairs)) == len(set(sizes))
    if bucketing.name != "mainstream":
        assert [label for _, label in pairs] == sorted(label for _, label in pairs)


@pytest.mark.parametrize("bucketing", [Activity(), Pareto(), Top5()])
def test_edges_come_from_training_users_only(bucketing: Bucketing) -> None:
    train = [1, 2, 3, 4, 50]
    alone = [sort(bucketing, train, [size]).column[0] for size in range(60)]
    assert sort(bucketing, train, list(range(60))).column.tolist() == alone


def test_empty_bucket_keeps_its_name_and_edges() -> None:
    buckets = sort(Activity(), [3, 3, 3], [3, 3, 3])
    assert buckets.names == ("tail", "torso", "head")
    assert buckets.column.tolist() == ["tail"] * 3
    assert buckets.edges == {"tail": "n <= 3", "torso": "3 < n <= 3", "head": "n > 3"}


def test_nobody_to_sort() -> None:
    buckets = sort(Activity(), [1, 2, 3], [])
    assert buckets.column.tolist() == []
    assert set(buckets.edges) == {"tail", "torso", "head"}


@all_bucketings
def test_names_are_fit_for_metrics(bucketing: Bucketing) -> None:
    assert len(bucketing.names) >= 2
    assert all(re.fullmatch("[a-z0-9_-]+", name) for name in bucketing.names)


def test_names_are_unique_across_bucketings() -> None:
    names = [name for bucketing in BUCKETINGS for name in (*bucketing.names,)]
    assert len(set(names) | {"all", "cold"}) == len(names) + 2
    check_names(BUCKETINGS)


def named(*names: str) -> Bucketing:
    bucketing = Activity()
    bucketing.names = names
    return bucketing


@pytest.mark.parametrize(
    ("bucketings", "received"),
    [
        ([named("Tail", "head")], "'Tail'"),
        ([named("a b", "head")], "'a b'"),
        ([named("", "head")], "''"),
        ([named("all", "head")], "'all'"),
        ([named("cold", "head")], "'cold'"),
        ([named("tail", "tail")], "'tail'"),
        ([Activity(), named("tail", "top")], "'tail'"),
    ],
)
def test_unfit_names_are_refused(bucketings: list[Bucketing], received: str) -> None:
    with pytest.raises(ValueError, match=f"Received: {received}$"):
        check_names(bucketings)


def test_unfit_names_are_refused_when_sorting() -> None:
    with pytest.raises(ValueError, match="must match"):
        sort(named("low", "mid", "high!"), [1, 2], [1])


@pytest.mark.parametrize("shares", [[0.5], [0.8, 0.5], [0.5, 0.5], [0, 0.5], [0.5, 1], []])
def test_activity_refuses_other_quantiles(shares: list[float]) -> None:
    with pytest.raises(ValueError, match=r"Received: \["):
        Activity(shares)
