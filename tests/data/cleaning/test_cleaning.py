"""Policies for missing ratings and times, duplicates, low ratings, and the k-core."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.tables import REPEATS, TABLE, Write, refused, rows, users_lost

from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.dataset.csv import CSV
from lrec.data.interactions import CleaningStep

pytestmark = pytest.mark.usefixtures("cache_folder")

GAPS = "user,item,rating\na,x,1\nb,x,2\nc,x,6\nd,x,\nd,y,4\ne,z,\n"


@pytest.mark.parametrize(
    ("policy", "ratings"),
    [
        ("drop", {"dy": 4}),
        # x has 1, 2 and 6; z has none, so all of 1, 2, 6 and 4 stand in.
        ("mean", {"dx": 3, "dy": 4, "ez": 3.25}),
        ("median", {"dx": 2, "dy": 4, "ez": 3}),
        ("keep", {"dx": None, "dy": None, "ez": None}),
    ],
)
def test_missing_ratings(write: Write, policy: str, ratings: dict[str, float]) -> None:
    data = CSV(write("a.csv", GAPS), missing_rating=policy).load()
    by_pair = {user + item: rating for user, item, rating, _ in rows(data)}
    assert {pair: value for pair, value in by_pair.items() if pair[0] in "de"} == ratings
    if policy == "drop":
        assert data.audit == (CleaningStep("missing rating", 2, 1, users_lost(n1=1)),)
        assert data.user_ids.tolist() == ["a", "b", "c", "d"]
        assert data.item_ids.tolist() == ["x", "y"]


def test_filled_ratings_are_counted(write: Write) -> None:
    (step,) = CSV(write("a.csv", GAPS), missing_rating="mean").load().audit
    assert "2 missing ratings" in step.name
    assert (step.rows_removed, step.items_lost, step.users_lost) == (0, 0, users_lost())


def test_ratings_kept_as_implicit_are_counted(write: Write) -> None:
    data = CSV(write("a.csv", GAPS), missing_rating="keep").load()
    name = "2 missing ratings: all is read as implicit feedback"
    assert data.audit == (CleaningStep(name, 0, 0, users_lost()),)
    assert data.rating is None


def test_missing_ratings_are_refused_by_default(write: Write) -> None:
    message = refused(CSV(write("a.csv", GAPS)))
    assert "2 of 6 rows have no rating" in message
    assert "data row 4" in message
    assert "dataset.missing_rating=drop|mean|median|keep" in message


@pytest.mark.parametrize("policy", ["mean", "median"])
def test_nothing_to_fill_ratings_from(write: Write, policy: str) -> None:
    path = write("a.csv", "user,item,rating\na,x,\nb,y,\n")
    assert "rating" in refused(CSV(path, missing_rating=policy))


def test_place_of_a_missing_value_is_that_in_the_file(write: Write) -> None:
    path = write("a.csv", "user,item,rating,timestamp\na,x,3,\na,y,3,1\na,z,,2\n")
    assert "1 of 2 rows have no rating (the first is data row 3)" in refused(
        CSV(path, missing_timestamp="drop")
    )


def test_missing_times(write: Write) -> None:
    path = write("a.csv", "user,item,timestamp\na,x,5\nb,x,\nb,y,\na,y,6\n")
    message = refused(CSV(path))
    assert "2 of 4 rows have no timestamp (the first is data row 2)" in message
    assert "dataset.missing_timestamp=drop" in message
    data = CSV(path, missing_timestamp="drop").load()
    assert rows(data) == [("a", "x", None, 5), ("a", "y", None, 6)]
    assert data.audit == (CleaningStep("missing timestamp", 2, 0, users_lost(n2_4=1)),)


@pytest.mark.parametrize(
    ("policy", "ratings"), [("last", [4, 6]), ("first", [3, 6]), ("keep", [1, 2, 3, 4, 5, 6])]
)
def test_duplicates_by_time(write: Write, policy: str, ratings: list[float]) -> None:
    data = CSV(write("a.csv", REPEATS), duplicates=policy).load().in_file_order()
    assert data.rating.tolist() == ratings
    steps = [CleaningStep("duplicate", 4, 0, users_lost())]
    assert list(data.audit) == ([] if policy == "keep" else steps)


@pytest.mark.parametrize(("policy", "ratings"), [("last", [5, 6]), ("first", [1, 6])])
def test_duplicates_without_times_by_file(write: Write, policy: str, ratings: list[float]) -> None:
    data = CSV(write("a.csv", REPEATS), timestamp=None, duplicates=policy).load()
    assert data.rating.tolist() == ratings


def test_min_rating(write: Write) -> None:
    data = CSV(write("a.csv", TABLE), min_rating=3).load()
    assert rows(data) == [("b", "x", 3, 30), ("a", "y", 4.5, 10)]
    assert data.audit == (CleaningStep("rating below 3", 1, 0, users_lost()),)
    assert len(CSV(write("b.csv", "user,item,rating\na,x,3.7\n"), min_rating=3.7).load()) == 1


def test_k_core(write: Write) -> None:
    # Without z, c has one interaction left; without c, nobody else falls.
    pairs = ["ax", "ay", "bx", "by", "cx", "cz"]
    path = write("a.csv", "user,item\n" + "".join(f"{u},{i}\n" for u, i in pairs))
    data = CSV(path, k_core=2).load()
    assert [user + item for user, item, _, _ in rows(data)] == ["ax", "ay", "bx", "by"]
    (step,) = data.audit
    assert (step.name, step.rows_removed, step.items_lost) == ("2-core", 2, 1)
    assert CSV(path).load().audit == ()


def test_digest_goes_by_content(write: Write) -> None:
    first = CSV(write("a.csv", TABLE)).load().digest
    assert CSV(write("b.tsv", TABLE.replace(",", "\t"))).load().digest == first
    assert CSV(write("c.csv", TABLE.replace("4.5", "4"))).load().digest != first


@pytest.mark.parametrize("seed", range(20))
def test_repeated_pairs_are_found_wherever_they_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = rng.choice(30 * 20, 5 + seed, replace=False)
    rows = rng.permutation(np.append(pairs, rng.choice(pairs, seed % 3)))
    frame = pd.DataFrame(
        {"user": (rows // 20).astype(str), "item": (rows % 20).astype(str), "behavior": "buy"}
    )
    seen = pd.DataFrame({"user": ["x", "y"], "item": ["0", "z"], "behavior": "view"})
    frame = pd.concat([seen, frame, seen])  # rows that are dropped first, and leave codes unused
    data = Cleaning(behaviors={"buy": 1, "view": 0})(frame, clock=True)
    found = data.user_ids[data.user].astype(int) * 20 + data.item_ids[data.item].astype(int)
    assert sorted(found.tolist()) == sorted(pairs.tolist())
