"""Golden test of session neighbours: their votes in plain Python; and what is kept of people."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.baskets import BASKETS, fitted, split_of

from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model import sknn
from lrec.model.common.protocols import StatelessCallback
from lrec.model.sknn import SKNN

DAY = 86_400
# One has an item that comes back.
AGAIN = [*BASKETS, [1, 4, 1, 2], [5, 0, 3]]
QUERIES = [[0], [1, 5], [3, 2, 4], [2, 1, 2], [2, 5, 0], []]
PLAIN: dict[str, Any] = {
    "neighbours": 100,
    "longest": 200,
    "sample": 0,
    "recency": 0.7,
    "length": 0.5,
    "half_life": 0.0,
    "distance": 0.6,
    "backward": 0.4,
    "popularity": 0.3,
}


def once(basket: list[int]) -> list[int]:
    """The items of a basket, each where it is newest."""
    return [item for place, item in enumerate(basket) if item not in basket[place + 1 :]]


def at_days(baskets: list[list[int]], days: list[int]) -> Split:
    """A split in which all that a user did was on one day."""
    times = [day * DAY for day, basket in zip(days, baskets, strict=True) for _ in basket]
    return split_of(baskets, times)


def votes(baskets: list[list[int]], days: list[int], query: list[int], **given: Any) -> np.ndarray:
    """Scores of six items."""
    p = {**PLAIN, **given}
    users = [sum(item in basket for basket in baskets) for item in range(6)]
    kept = [
        (once(basket)[-p["longest"] :], max(days) - day)
        for basket, day in zip(baskets, days, strict=True)
        if len(once(basket)) > 1
    ]
    query = once(query)
    weight = {item: p["recency"] ** step for step, item in enumerate(reversed(query))}
    similar = []
    for session, age in kept:
        both = [item for item in query if item in session]
        if both and len(both) < len(session):
            value = sum(weight[item] for item in both) / len(session) ** p["length"]
            if p["half_life"]:
                value *= 2 ** (-age / p["half_life"])
            similar.append((value, age, session, session.index(both[-1])))
    if p["sample"]:
        similar = sorted(similar, key=lambda one: one[1])[: p["sample"]]
    scores = np.zeros(6)
    for value, _, session, match in sorted(similar, key=lambda one: -one[0])[: p["neighbours"]]:
        for place, item in enumerate(session):
            side = p["backward"] if place < match else 1.0
            vote = value * p["distance"] ** abs(place - match) * side
            scores[item] += vote / users[item] ** p["popularity"]
    return scores


DAYS = [3, 14, 15, 92, 65, 35, 89, 79, 32, 38]  # all different


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"length": 0.0, "distance": 1.0, "backward": 1.0, "popularity": 0.0},
        {"neighbours": 2, "half_life": 40.0},
        {"sample": 3},
        {"sample": 3, "neighbours": 2, "half_life": 20.0},
        {"longest": 2},
        {"backward": 0.0, "recency": 1.0, "length": 1.0},
    ],
)
def test_sknn_sums_the_votes_of_the_most_similar(given: dict[str, Any]) -> None:
    model = fitted(SKNN(**{**PLAIN, **given}), at_days(AGAIN, DAYS))
    expected = [votes(AGAIN, DAYS, query, **given) for query in QUERIES]
    np.testing.assert_allclose(model.score(Histories.of(QUERIES)), expected, rtol=1e-5)


def test_blocks_of_one_query_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    model = fitted(SKNN(), split_of(AGAIN))
    whole = model.score(Histories.of(QUERIES))
    monkeypatch.setattr(sknn, "NUMBERS", 1)
    np.testing.assert_array_equal(model.score(Histories.of(QUERIES)), whole)


def test_a_history_that_adds_nothing_takes_no_place() -> None:
    """Such as the user's own, in training, of a query that goes on from it."""
    baskets = [[0, 1, 2], [1, 2, 0], [2, 1], [2, 3, 4]]
    model = fitted(SKNN(neighbours=1, popularity=0.0), split_of(baskets))
    alone = fitted(SKNN(neighbours=1, popularity=0.0), split_of(baskets[3:]))
    query = Histories.of([[0, 1, 2]])
    np.testing.assert_array_equal(model.score(query), alone.score(query))
    assert model.score(query)[0].nonzero()[0].tolist() == [2, 3, 4]


def test_of_equally_similar_histories_their_items_decide() -> None:
    """Neither the order of the users nor the seed does."""
    baskets = [[0, item] for item in range(1, 6)]
    results = [
        fitted(SKNN(neighbours=2), split_of(rows), seed).score(Histories.of([[0]]))
        for seed, rows in enumerate((baskets, baskets[::-1], baskets[2:] + baskets[:2]))
    ]
    assert (results[0][0] > 0).sum() == 3
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])


def test_the_newest_histories_are_kept_in_an_order_of_their_items() -> None:
    baskets = [[i, j] for i in range(6) for j in range(6) if i != j]
    days = np.random.default_rng(1).permutation(len(baskets)).tolist()

    def kept(split: Split) -> list[list[int]]:
        state = fitted(SKNN(sessions=10), split).state()
        assert len(state["age"]) == 10
        return [row.tolist() for row in np.split(state["item"], state["offsets"][1:-1])]

    split = at_days(baskets, days)
    rows = kept(split)
    newest = sorted(range(len(baskets)), key=lambda user: -days[user])[:10]
    assert sorted(rows) == sorted(baskets[user] for user in newest)
    assert rows not in ([baskets[user] for user in newest], [baskets[u] for u in sorted(newest)])
    assert kept(at_days(baskets[::-1], days[::-1])) == rows
    positions = kept(replace(split, clock=False))  # times that say nothing of other users'
    assert positions == kept(split_of(baskets)) != rows


def test_training_says_that_the_model_contains_histories() -> None:
    class Listener(StatelessCallback):
        said: list[str]

        def say(self, text: str) -> None:
            self.said = [text]

    listener: Any = Listener()
    model = SKNN()
    model.fit(split_of(BASKETS), callback=listener)
    assert model.contains_histories
    (line,) = listener.said
    assert line.startswith("model=sknn contains 7 histories")  # one of the eight has one item


def test_histories_of_one_item_have_no_neighbours() -> None:
    model = fitted(SKNN(), split_of([[0], [1], [2]]))
    assert not model.score(Histories.of([[0], []])).any()


@pytest.mark.parametrize(
    "arguments",
    [
        {"neighbours": 0},
        {"sessions": 0},
        {"longest": 0},
        {"sample": -1},
        {"recency": 0.0},
        {"length": -0.5},
        {"half_life": -1.0},
        {"distance": 0.0},
        {"backward": -1.0},
        {"popularity": -1.0},
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Received: "):
        SKNN(**arguments)
