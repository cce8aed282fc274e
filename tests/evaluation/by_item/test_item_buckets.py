"""Accuracy by popularity of the targets: pairs counted in plain Python, intervals over users."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.evaluation.by_item.item_buckets import (
    NAMES,
    RECALL,
    item_buckets,
    item_columns,
    item_metrics,
)
from lrec.evaluation.comparison.clusters import Part
from lrec.evaluation.comparison.item_comparison import compare_items
from lrec.evaluation.metric import Lists

TAIL, TORSO, HEAD, COLD = NAMES
N_USERS, N_ITEMS, KS = 120, 30, [3, 8]
GROUPS = {"all": np.arange(N_USERS), "few": np.arange(0, N_USERS, 3), "none": np.arange(0)}


def made(seed: int) -> tuple[Lists, pd.DataFrame]:
    """Random lists, some short, and targets, some twice and some outside; their user table."""
    generator = np.random.default_rng(seed)
    popularity = np.random.default_rng(7).integers(0, 9, N_ITEMS)
    catalogue = Catalogue(
        np.array([f"i{i}" for i in range(N_ITEMS + 3)]), popularity, popularity, n_users=9
    )
    items = np.array([generator.permutation(N_ITEMS)[: max(KS)] for _ in range(N_USERS)], np.int32)
    items[generator.random(N_USERS) < 0.2, 5:] = -1
    targets = np.random.default_rng(8).integers(0, N_ITEMS + 3, (N_USERS, 4)).tolist()
    history = Histories.of([[]] * N_USERS)
    lists = Lists(items, Histories.of(targets), history, np.ones(N_USERS, bool), catalogue)
    return lists, pd.DataFrame(item_columns(lists, KS, item_buckets(catalogue)))


def bucket_of(popularity: list[int], item: int) -> str:
    """The bucket of a catalogue item, by the definition."""
    trained = sorted(count for count in popularity if count)
    low, high = (trained[math.ceil(share * len(trained)) - 1] for share in (0.5, 0.8))
    count = popularity[item]
    if not count:
        return COLD
    return TAIL if count <= low else TORSO if count <= high else HEAD


@pytest.mark.parametrize("k", KS)
def test_metrics_are_means_over_pairs_of_user_and_target(k: int) -> None:
    lists, table = made(1)
    values = item_metrics(table, KS, GROUPS)
    popularity = lists.catalogue.popularity.tolist()
    for group, rows in GROUPS.items():
        found: dict[str, list[float]] = {name: [] for name in NAMES}
        gains: dict[str, list[float]] = {name: [] for name in NAMES}
        shown: list[str] = []
        for user in rows.tolist():
            ranked = [item for item in lists.items[user, :k].tolist() if item >= 0]
            shown += [bucket_of(popularity, item) for item in ranked]
            for item in {*lists.target.item[lists.target.row == user].tolist()}:
                if item < N_ITEMS:
                    bucket = bucket_of(popularity, item)
                    found[bucket].append(item in ranked)
                    rank = ranked.index(item) + 1 if item in ranked else math.inf
                    gains[bucket].append(1 / math.log2(rank + 1))
        for name in NAMES:
            assert values[f"item_targets/{name}/{group}"] == len(found[name])
            keys = [f"item_{m}_at_{k}/{name}/{group}" for m in ("recall", "ndcg", "exposure")]
            if not len(rows):
                assert not set(keys) & set(values)
                continue
            expected = [
                sum(found[name]) / len(found[name]),
                sum(gains[name]) / len(gains[name]),
                shown.count(name) / len(shown),
            ]
            assert [values[key] for key in keys] == pytest.approx(expected)


def test_items_are_sorted_as_users_are_by_activity() -> None:
    popularity = np.array([1, 1, 2, 5, 9, 1, 3, 4, 1, 20])
    catalogue = Catalogue(np.array(list("abcdefghij")), popularity, popularity, n_users=20)
    buckets = item_buckets(catalogue)
    assert buckets.names == (TAIL, TORSO, HEAD)  # no cold ones in this catalogue
    named = [buckets.names[label] for label in buckets.label]
    assert named == [bucket_of(popularity.tolist(), item) for item in range(10)]
    assert buckets.edges[TORSO] == "2 < n <= 5 training users: 3 items"


def test_targets_that_nobody_trained_on_are_cold_wherever_all_items_are_known() -> None:
    """The share of such pairs that is found, in the catalogue or not, against plain Python."""
    few, _ = made(1)
    lists = replace(few, catalogue=replace(few.catalogue, all_items=True))
    buckets = item_buckets(lists.catalogue)
    table = pd.DataFrame(item_columns(lists, KS, buckets, [RECALL]))
    popularity = np.append(lists.catalogue.popularity, np.zeros(3, int))
    wanted = zip(lists.target.row.tolist(), lists.target.item.tolist(), strict=True)
    pairs = {(user, item) for user, item in wanted if not popularity[item]}
    assert any(item >= N_ITEMS for _, item in pairs)
    values = item_metrics(table, KS, {"all": GROUPS["all"]})
    assert values[f"item_targets/{COLD}/all"] == len(pairs)
    for k in KS:
        found = sum(item in lists.items[user, :k] for user, item in pairs)
        assert values[f"item_recall_at_{k}/{COLD}/all"] == found / len(pairs)
        assert f"item_ndcg_at_{k}/{COLD}/all" not in values
    every = np.ones(4, int)
    known = Catalogue(np.array(list("abcd")), every, every, n_users=9, all_items=True)
    assert item_buckets(known).names == NAMES, "an item outside of it has a bucket, too"


def part(groups: dict[str, np.ndarray], persons: np.ndarray | None = None) -> Part:
    """A part of the data, of whose values nothing is asked here."""
    codes = np.arange(N_USERS) if persons is None else persons
    return Part(np.zeros((2, 1, N_USERS, 1)), codes, groups)


def compared(tables: list[list[list[pd.DataFrame]]], parts: list[Part]) -> pd.DataFrame | None:
    groups = list(dict.fromkeys(name for part in parts for name in part.groups))
    return compare_items(["base", "other"], tables, parts, groups, 8, 1000)


def test_intervals_draw_users_with_all_of_their_pairs() -> None:
    first, second = (made(seed)[1] for seed in (1, 2))
    groups = {"all": GROUPS["all"], "few": GROUPS["few"], "fewer": np.arange(29)}
    rows = compared([[[first, first], [second, first]]], [part(groups)])
    assert rows is not None
    assert set(rows["bucket"]) == {"all", "few"}
    one = rows[(rows["measure"] == "item_recall_at_8") & (rows["items"] == TAIL)]
    base, other = one[one["bucket"] == "few"].to_dict("records")

    def ratio(users: np.ndarray) -> tuple[float, float]:
        hits = [table[f"item_recall_at_8/{TAIL}"].to_numpy()[users] for table in (first, second)]
        pairs = first[f"item_targets/{TAIL}"].to_numpy()[users].sum()
        return hits[0].sum() / pairs, (hits[0] + hits[1]).sum() / 2 / pairs

    values = ratio(groups["few"])
    assert (base["value"], other["value"]) == pytest.approx(values)
    assert other["difference"] == pytest.approx(values[1] - values[0])
    assert math.isnan(base["difference"])
    generator = np.random.default_rng(5)
    drawn = np.array([ratio(generator.choice(groups["few"], 40)) for _ in range(4000)])
    low, high = np.percentile(drawn[:, 0], [2.5, 97.5])
    assert (base["low"], base["high"]) == pytest.approx((low, high), abs=0.03)
    low, high = np.percentile(drawn[:, 1] - drawn[:, 0], [2.5, 97.5])
    bounds = (other["difference_low"], other["difference_high"])
    assert bounds == pytest.approx((low, high), abs=0.03)
    assert compared([[[first.drop(columns=list(first))]]], [part(groups)]) is None


def test_over_windows_a_person_is_drawn_with_the_pairs_of_all() -> None:
    """The value is the mean over windows; half of the people of one are in the other."""
    tables = [made(seed)[1] for seed in (1, 2, 3)]
    persons = [np.arange(N_USERS), np.arange(N_USERS) + N_USERS // 2]
    several = [part({"all": GROUPS["all"], "few": GROUPS["few"]}, codes) for codes in persons]
    several[1] = replace(several[1], groups={"all": GROUPS["all"]})
    rows = compared([[[tables[0]], [tables[1]]], [[tables[1]], [tables[2]]]], several)
    assert rows is not None
    found = rows.set_index(["measure", "items", "bucket", "model"])

    def mean(users: list[np.ndarray], of: list[pd.DataFrame]) -> float:
        """Over windows, of the rows that are given of each."""
        shares = []
        for table, rows in zip(of, users, strict=True):
            hits = table[f"item_recall_at_8/{HEAD}"].to_numpy()[rows].sum()
            shares.append(hits / table[f"item_targets/{HEAD}"].to_numpy()[rows].sum())
        return float(np.mean(shares))

    base, other = (found.loc[("item_recall_at_8", HEAD, "all", name)] for name in ("base", "other"))
    everybody = [GROUPS["all"], GROUPS["all"]]
    values = [mean(everybody, tables[start : start + 2]) for start in (0, 1)]
    assert (base["value"], other["value"]) == pytest.approx(values)
    assert base["pairs"] == sum(t[f"item_targets/{HEAD}"].sum() for t in tables[:2])
    generator = np.random.default_rng(5)
    drawn = []
    for _ in range(3000):
        people = generator.integers(N_USERS * 3 // 2, size=N_USERS * 3 // 2)
        users = [people[people < N_USERS], people[people >= N_USERS // 2] - N_USERS // 2]
        drawn.append([mean(users, tables[start : start + 2]) for start in (0, 1)])
    samples = np.array(drawn)
    low, high = np.percentile(samples[:, 0], [2.5, 97.5])
    assert (base["low"], base["high"]) == pytest.approx((low, high), abs=0.1 * (high - low))
    low, high = np.percentile(samples[:, 1] - samples[:, 0], [2.5, 97.5])
    bounds = (other["difference_low"], other["difference_high"])
    assert bounds == pytest.approx((low, high), abs=0.1 * (high - low))
    in_one = found.loc[("item_recall_at_8", HEAD, "few", "base")]["value"]
    assert in_one == pytest.approx(mean([GROUPS["few"]], tables[:1])), "of windows that have any"
