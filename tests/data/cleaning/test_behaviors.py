"""Behaviours: weighed, dropped, counted, and held out or not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.tables import EDGES
from hypothesis import given, settings
from hypothesis import strategies as st

from lrec.base.errors import DataError
from lrec.commands.simulate.environment import HeldOutEnvironment
from lrec.commands.simulate.retraining import with_users
from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.dataset.csv import CSV
from lrec.data.histories import Histories
from lrec.data.interactions import CleaningStep, Interactions
from lrec.data.split.global_time import GlobalTime
from lrec.data.split.user_holdout import UserHoldout
from lrec.training.augment import prepend

NOBODY = dict.fromkeys(EDGES, 0)
WEIGHTS = {"view": 1.0, "cart": 4.0, "buy": 8.0}
# user, item, behaviour, time
LOG = [
    ("ann", "tea", "view", 1),
    ("ann", "tea", "buy", 2),
    ("ann", "tea", "view", 3),
    ("ann", "cup", "view", 4),
    ("bob", "tea", "view", 5),
    ("bob", "tea", "view", 6),
    ("bob", "pot", "scroll", 7),
    ("cat", "jam", "scroll", 8),
]
Event = tuple[str, str, str, int]


def cleaned(log: list[Event], **settings: Any) -> Interactions:
    frame = pd.DataFrame(log, columns=["user", "item", "behavior", "timestamp"])
    return Cleaning(**settings)(frame.astype({"timestamp": float}), clock=True)


def events(data: Interactions) -> list[tuple[str, str, str, int, float]]:
    """Users, items, behaviours, times and weights, in file order."""
    assert data.behavior is not None
    assert data.timestamp is not None
    weight = np.ones(len(data)) if data.weight is None else data.weight
    names = [data.behaviors[code].name for code in data.behavior]
    data = data.in_file_order()
    users, items = data.user_ids[data.user].tolist(), data.item_ids[data.item].tolist()
    return list(zip(users, items, names, data.timestamp.tolist(), weight.tolist(), strict=True))


def test_strongest_behaviour_stays_and_the_others_are_counted() -> None:
    data = cleaned(LOG, behaviors={"view": 1, "buy": 8, "scroll": 0}, targets=["buy"])
    assert events(data) == [
        ("ann", "tea", "buy", 2, 8),
        ("ann", "cup", "view", 4, 1),
        ("bob", "tea", "view", 6, 1),
    ]
    assert data.audit == (
        CleaningStep("behaviour scroll", 2, 2, NOBODY | {"1": 1}),
        CleaningStep("duplicate", 3, 0, NOBODY),
    )
    counted = {b.name: (b.weight, b.target, b.rows) for b in data.behaviors}
    assert counted == {"buy": (8, True, 1), "scroll": (0, False, 2), "view": (1, False, 5)}
    assert data.is_target.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("duplicates", "kept"),
    [
        ("last", [("buy", 2, 8), ("view", 4, 1), ("view", 6, 1)]),
        ("first", [("buy", 2, 8), ("view", 4, 1), ("view", 5, 1)]),
        ("sum", [("buy", 2, 10), ("view", 4, 1), ("view", 6, 2)]),
    ],
)
def test_one_of_several_stays(duplicates: str, kept: list[tuple[str, int, float]]) -> None:
    data = cleaned(LOG, behaviors={"view": 1, "buy": 8}, duplicates=duplicates)
    assert [row[2:] for row in events(data)] == kept


def test_a_target_stays_whatever_it_weighs() -> None:
    equal = {"view": 1, "buy": 1}
    assert ("ann", "tea", "view", 3, 1) in events(cleaned(LOG, behaviors=equal))
    data = cleaned(LOG, behaviors=equal, targets=["buy"])
    assert ("ann", "tea", "buy", 2, 1) in events(data)
    assert data.is_target.sum() == 1


def test_sum_counts_repeats_where_there_are_no_behaviours() -> None:
    frame = pd.DataFrame({"user": ["a", "a", "b", "a"], "item": ["x", "y", "x", "x"]})
    data = Cleaning(duplicates="sum")(frame, clock=True)
    assert (data.user.tolist(), data.item.tolist()) == ([0, 1, 0], [1, 0, 0])
    assert data.weight is not None
    assert data.weight.tolist() == [1, 1, 2]
    assert Cleaning(duplicates="sum")(frame[:3], clock=True).weight is None


logs = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from("xyz"),
        st.sampled_from(["view", "cart", "buy", "scroll"]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=30,
)


@given(logs, st.sampled_from(["last", "first", "sum", "keep"]))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_cleaning_agrees_with_plain_python(log: list[Event], duplicates: str) -> None:
    log = [*log, ("a", "x", "view", 2)]
    names = {event[2] for event in log}
    weights = {name: weight for name, weight in WEIGHTS.items() if name in names}
    rest = [(index, event) for index, event in enumerate(log) if event[2] in weights]
    kept = rest
    if duplicates != "keep":
        best: dict[tuple[str, str], tuple[int, Event]] = {}
        sign = -1 if duplicates == "first" else 1
        for index, event in rest:
            pair, old = event[:2], best.get(event[:2])
            rank = (weights[event[2]], sign * event[3], sign * index)
            if old is None or rank > (weights[old[1][2]], sign * old[1][3], sign * old[0]):
                best[pair] = (index, event)
        kept = sorted(best.values())
    totals = Counter[tuple[str, str]]()
    for _, event in rest:
        totals[event[:2]] += weights[event[2]]
    data = cleaned(log, behaviors=weights, duplicates=duplicates)
    assert events(data) == [
        (*event, totals[event[:2]] if duplicates == "sum" else weights[event[2]])
        for _, event in kept
    ]
    removed = sum(step.rows_removed for step in data.audit)
    assert removed == len(log) - len(kept)
    assert {b.name: b.rows for b in data.behaviors} == Counter(event[2] for event in log)


def test_behaviours_that_weigh_alike_change_nothing_but_what_is_told() -> None:
    plain = cleaned(LOG)
    assert plain.weight is None
    assert plain.is_target.all()
    ones = dict.fromkeys(["view", "buy", "scroll"], 1)
    assert cleaned(LOG, behaviors=ones).digest == plain.digest
    assert cleaned(LOG, behaviors=ones).weight is None
    assert cleaned(LOG, targets=["buy"]).digest != plain.digest
    assert cleaned(LOG, behaviors=ones | {"buy": 2}).digest != plain.digest


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"behaviors": {"bye": 1}}, ["dataset.behaviors", "bye (did you mean buy?)", "scroll"]),
        ({"targets": ["cart"]}, ["dataset.targets", "no behaviour cart", "buy, scroll, view"]),
    ],
)
def test_unknown_behaviours_are_refused(settings: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(DataError) as error:
        cleaned(LOG, **settings)
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize(
    ("behaviors", "targets", "word"),
    [
        ({}, None, "{}"),
        ({"view": 0}, None, "view"),
        ({"view": -1, "buy": 1}, None, "-1"),
        ({"view": 1}, [], r"\[\]"),
        ({"view": 1}, ["buy"], "Received: buy"),
        ({"view": 1, "buy": 0}, ["buy"], "Received: buy"),
    ],
)
def test_settings_that_leave_nothing_are_refused(
    behaviors: dict[str | int, float], targets: list[str | int] | None, word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        CSV("a.csv", behaviors=behaviors, targets=targets)


EVENTS = """timestamp,visitorid,event,itemid
1433221332117,1,view,10
1433221332999,1,4,20
1433221333000,,view,10
1433221334000,2,,20
1433221335000,2,view,
1433221336000,3,view,30
"""


def test_event_log_from_a_file_and_from_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(EVENTS)
    settings: dict[str, Any] = {
        "time_unit": "ms",
        "behaviors": {"view": 1, 4: 2.5},
        "targets": [4],
        "missing_id": "drop",
        "missing_behavior": "drop",
    }
    data = CSV(str(path), **settings).load()
    assert events(data) == [
        ("1", "10", "view", 1433221332, 1),
        ("1", "20", "4", 1433221332, 2.5),
        ("3", "30", "view", 1433221336, 1),
    ]
    # user 2 lost a row for want of an item, and the other for want of a behaviour
    assert data.audit == (
        CleaningStep("missing id", 2, 0, NOBODY),
        CleaningStep("missing behavior", 1, 0, NOBODY | {"1": 1}),
    )
    again = CSV(str(path), **settings).load()
    assert events(again) == events(data)
    assert (again.behaviors, again.audit, again.digest) == (
        data.behaviors,
        data.audit,
        data.digest,
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ["6 values", "timestamp", "year 5138", "dataset.time_unit", "1433221332117"]),
        ({"time_unit": "ms"}, ["1 of 6 rows have no user id", "data row 3", "missing_id=drop"]),
        (
            {"time_unit": "ms", "missing_id": "drop"},
            ["1 of 4 rows have no behavior", "data row 4", "missing_behavior=drop"],
        ),
        (
            {"timestamp": None, "behavior": None, "missing_id": "drop", "targets": ["view"]},
            ["dataset.behavior=<column>"],
        ),
    ],
)
def test_event_logs_that_are_missing_something(
    settings: dict[str, Any], words: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "events.csv"
    path.write_text(EVENTS)
    with pytest.raises(DataError) as error:
        CSV(str(path), **settings).load()
    assert all(word in str(error.value) for word in words), error.value


def test_only_targets_are_asked_for_and_the_rest_is_history() -> None:
    log = [("ann", item, "view", time) for time, item in enumerate("abcdef")]
    log += [("bob", item, "buy", time) for time, item in enumerate("abcdef")]
    log += [("bob", "g", "view", 6), ("ann", "g", "buy", 7), ("ann", "h", "view", 8)]
    log += [("bob", "h", "buy", 9), ("bob", "i", "view", 10), ("ann", "i", "buy", 11)]
    split = GlobalTime(0.2, 0.2)(cleaned(log, behaviors={"view": 1, "buy": 8}, targets=["buy"]))

    def names(histories: Histories) -> dict[str, str]:
        rows = np.split(split.catalogue.ids[histories.item], histories.offsets[1:-1])
        users = split.user_ids[histories.user]
        return {str(user): "".join(row) for user, row in zip(users, rows, strict=True)}

    assert names(split.train) == {"ann": "abcdef", "bob": "abcdef"}
    assert split.train.weight is not None
    assert split.train.weight.tolist() == [1] * 6 + [8] * 6
    assert names(split.validation.target) == {"ann": "g"}
    assert names(split.test.target) == {"ann": "i", "bob": "h"}
    assert names(split.test.history) == {"ann": "abcdefgh", "bob": "abcdefg"}
    assert split.counts["interactions_not_asked"] == 3
    with pytest.raises(DataError, match="no test users"):
        GlobalTime(0.2, 0.01)(cleaned(log[:-1], targets=["buy"]))


def test_what_is_added_to_histories_has_a_weight() -> None:
    two = replace(Histories.of([[0, 1], [2]]), weight=np.array([2, 8, 4], np.float32))
    longer = prepend(two, np.array([1]), np.array([0]))
    assert longer.item.tolist() == [0, 1, 0, 2]
    assert longer.weight is not None
    assert longer.weight.tolist() == [2, 8, 2, 4]  # the least of all, for an item that is made up
    log = [(user, item, "buy", time) for user in "abcd" for time, item in enumerate("tuvwxyz")]
    log += [(user, "s", "view", 9) for user in "abcd"]
    data = cleaned(log, behaviors={"view": 1, "buy": 8})
    split = UserHoldout(0.25, 0.25, 0.8, "time")(data)
    world = HeldOutEnvironment(split, start=2, seed=1)
    grown = world.grown(world.start, np.array([[5]]), np.array([[True]]))
    assert grown.weight is not None
    assert grown.weight.tolist() == [8, 8, 8]  # like the strongest for what is accepted
    more = with_users(split, grown).train
    assert more.weight is not None
    assert more.weight.tolist() == [*split.train.weight.tolist(), 8, 8, 8]
