"""Behaviours: how they are weighed, dropped, counted and asked for, and what models make of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import mlflow
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from helpers.baskets import BASKETS, fitted, keep_best, split_of
from helpers.cli import CommandLine
from helpers.composing import checked, composed
from hypothesis import given, settings
from hypothesis import strategies as st

from lrec.base.errors import DataError
from lrec.commands.simulate.environment import HeldOutEnvironment
from lrec.commands.simulate.retraining import with_users
from lrec.data.cleaning.cleaning import Cleaning
from lrec.data.dataset.csv import CSV
from lrec.data.histories import Histories
from lrec.data.interactions import CleaningStep, Interactions
from lrec.data.queries import Split
from lrec.data.split.global_time import GlobalTime
from lrec.data.split.user_holdout import UserHoldout
from lrec.model.ease import EASE
from lrec.model.ials import IALS
from lrec.model.itemknn import ItemKNN
from lrec.model.layers.multinomial import multinomial_loss
from lrec.model.popularity import Popularity
from lrec.model.rp3beta import RP3Beta
from lrec.training.augment import prepend

EDGES = ("1", "2-4", "5-9", "10-19", "20-49", "50+")
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


def told(data: Interactions) -> list[tuple[str, str, str, int, float]]:
    """Users, items, behaviours, times and weights, in file order."""
    assert data.behavior is not None
    assert data.timestamp is not None
    weight = np.ones(len(data)) if data.weight is None else data.weight
    names = [data.behaviors[code].name for code in data.behavior]
    users, items = data.user_ids[data.user].tolist(), data.item_ids[data.item].tolist()
    return list(zip(users, items, names, data.timestamp.tolist(), weight.tolist(), strict=True))


def test_strongest_behaviour_stays_and_the_others_are_counted() -> None:
    data = cleaned(LOG, behaviors={"view": 1, "buy": 8, "scroll": 0}, targets=["buy"])
    assert told(data) == [
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
    assert [row[2:] for row in told(data)] == kept


def test_a_target_stays_whatever_it_weighs() -> None:
    equal = {"view": 1, "buy": 1}
    assert ("ann", "tea", "view", 3, 1) in told(cleaned(LOG, behaviors=equal))
    data = cleaned(LOG, behaviors=equal, targets=["buy"])
    assert ("ann", "tea", "buy", 2, 1) in told(data)
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
    rest = [(place, event) for place, event in enumerate(log) if event[2] in weights]
    kept = rest
    if duplicates != "keep":
        best: dict[tuple[str, str], tuple[int, Event]] = {}
        turn = -1 if duplicates == "first" else 1
        for place, event in rest:
            pair, old = event[:2], best.get(event[:2])
            rank = (weights[event[2]], turn * event[3], turn * place)
            if old is None or rank > (weights[old[1][2]], turn * old[1][3], turn * old[0]):
                best[pair] = (place, event)
        kept = sorted(best.values())
    totals = Counter[tuple[str, str]]()
    for _, event in rest:
        totals[event[:2]] += weights[event[2]]
    data = cleaned(log, behaviors=weights, duplicates=duplicates)
    assert told(data) == [
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
    assert told(data) == [
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
    assert told(again) == told(data)
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


def test_rows_without_ids_are_dropped_and_their_users_counted() -> None:
    frame = pd.DataFrame({"user": ["a", "b", "b", None], "item": ["x", None, None, "z"]})
    data = Cleaning(missing_id="drop")(frame, clock=True)
    assert (data.user_ids.tolist(), data.item_ids.tolist()) == (["a"], ["x"])
    assert data.audit == (CleaningStep("missing id", 3, 1, NOBODY | {"2-4": 1}),)
    with pytest.raises(DataError, match="no row"):
        Cleaning(missing_id="drop")(frame[1:], clock=True)


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
    assert longer.weight.tolist() == [2, 8, 2, 4]  # the least for what nobody did
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


# Models


def weighted(split: Split, weight: np.ndarray) -> Split:
    return replace(split, train=replace(split.train, weight=weight.astype(np.float32)))


def plain(split: Split) -> np.ndarray:
    """The training histories as a matrix of weights."""
    matrix = np.zeros((len(split.train), split.catalogue.n_items))
    matrix[split.train.row, split.train.item] = split.train.weight
    return matrix


def by_hand() -> Split:
    split = split_of(BASKETS)
    return weighted(split, np.random.default_rng(5).choice([0.5, 1, 3], len(split.train.item)))


def scores(model: Any, split: Split) -> np.ndarray:
    return np.asarray(fitted(model, split).score(Histories.of([[i] for i in range(6)])))


def test_itemknn_is_the_cosine_of_weights() -> None:
    split = by_hand()
    x = plain(split)
    norm = [sum(w * w for w in x[:, i]) ** 0.5 for i in range(6)]
    similar = {
        (i, j): sum(x[u, i] * x[u, j] for u in range(len(x))) / (norm[i] * norm[j] + 2.0)
        for i in range(6)
        for j in range(6)
        if i != j
    }
    expected = keep_best(similar, 6, 3)
    np.testing.assert_allclose(scores(ItemKNN(3, 2.0), split), expected, rtol=1e-5)


def test_rp3beta_walks_by_weight() -> None:
    split = by_hand()
    x = plain(split)
    walks: dict[tuple[int, int], float] = {}
    for u, basket in enumerate(BASKETS):
        for i in basket:
            for j in basket:
                there = (x[u, i] / x[:, i].sum()) ** 0.7 * (x[u, j] / x[u].sum()) ** 0.7
                if i != j:
                    walks[i, j] = walks.get((i, j), 0) + there / x[:, j].sum() ** 0.3
    expected = keep_best(walks, 6, 4)
    np.testing.assert_allclose(scores(RP3Beta(4, 0.7, 0.3), split), expected, rtol=1e-5)


def test_ease_fits_the_weights() -> None:
    split = by_hand()
    x = plain(split)
    inverse = np.linalg.inv(x.T @ x + 3.0 * np.eye(6))
    expected = -inverse / np.diagonal(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(scores(EASE(3.0), split), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("factors", [2, 9])  # rows longer and shorter than the factors
def test_ials_takes_weights_as_confidences(factors: int) -> None:
    split, alpha, penalty, exponent = by_hand(), 0.3, 0.05, 0.7
    x = plain(split)

    def solve(fixed: np.ndarray, confidence: np.ndarray) -> np.ndarray:
        ridge = penalty * (confidence.sum() + alpha * len(fixed)) ** exponent
        left = fixed.T @ np.diag(confidence + alpha) @ fixed + ridge * np.eye(factors)
        return np.asarray(np.linalg.solve(left, fixed.T @ confidence))

    one, two = (IALS(factors, n, alpha, penalty, exponent) for n in (1, 2))
    before = fitted(one, split).state()["item_factors"].astype(float)
    after = fitted(two, split).state()["item_factors"]
    users = np.array([solve(before, row) for row in x])
    items = [solve(users, column) for column in x.T]
    np.testing.assert_allclose(after, items, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(one.score(split.train), users @ before.T, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("model", [ItemKNN(), RP3Beta(), EASE(), IALS(4, 2)])
def test_weights_of_one_are_no_weights(model: Any) -> None:
    split = split_of(BASKETS)
    ones = scores(model, weighted(split, np.ones(len(split.train.item))))
    assert np.array_equal(ones, scores(model, split))


def test_popularity_ignores_weights() -> None:
    assert not Popularity.uses_weights
    assert np.array_equal(scores(Popularity(), by_hand()), scores(Popularity(), split_of(BASKETS)))


def test_multinomial_loss_counts_by_weight() -> None:
    logits = tf.Variable(np.random.default_rng(1).normal(size=(2, 4)), dtype=tf.float32)
    results = []
    for rows, weights in (([[0, 2], [1]], [2.0, 1.0, 3.0]), ([[0, 0, 2], [1, 1, 1]], None)):
        with tf.GradientTape() as tape:
            loss = multinomial_loss(
                logits,
                tf.ragged.constant(rows, tf.int32),
                None if weights is None else tf.constant(weights),
            )
        results.append((loss.numpy(), tape.gradient(loss, logits).numpy()))
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


SMALL = {
    "vae": ["model.hidden_sizes=[8]", "model.latent_size=4"],
    "dae": ["model.latent_size=4"],
    "recvae": ["model.hidden_size=8", "model.latent_size=4"],
    "attention": ["model.embedding_size=8", "model.blocks=1"],
    "bert4rec": ["model.embedding_size=8", "model.blocks=1"],
    "dense": ["model.objective=ranking", "model.embedding_size=8"],
}


def first_losses(name: str, split: Split) -> np.ndarray:
    """Losses of a fresh network, for every example."""
    model: Any = checked(composed(f"model={name}", *SMALL[name])).model
    assert model.uses_weights
    keras.utils.set_random_seed(3)
    model._build(split.catalogue)
    n = model.prepare(split)
    return np.asarray(model.losses(tf.range(n, dtype=tf.int64), tf.constant(0.0)))


@pytest.mark.parametrize("name", SMALL)
def test_networks_weigh_their_losses(name: str) -> None:
    split = split_of(BASKETS)
    none = first_losses(name, split)
    # what predictions weigh together may be shared out: then the others count for less
    more = first_losses(name, weighted(split, np.where(split.train.row == 4, 9, 1)))
    own = split.train.row == 4 if name == "dense" else np.arange(len(none)) == 4
    assert (more[own] > none[own]).all()
    assert (more[~own] <= none[~own]).all()


def test_weights_of_one_are_no_weights_to_a_network() -> None:
    split = split_of(BASKETS)
    ones = first_losses("vae", weighted(split, np.ones(len(split.train.item))))
    np.testing.assert_array_equal(ones, first_losses("vae", split))


# The command line


@pytest.fixture(scope="module")
def log_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty visitors who view, put into carts and buy, in milliseconds."""
    generator = np.random.default_rng(8)
    lines, time = ["timestamp,visitorid,event,itemid"], 1_433_221_332_117
    for _ in range(500):
        visitor, item = generator.integers(60), int(30 * generator.random() ** 2)
        for event, chance in (("view", 1), ("addtocart", 0.4), ("transaction", 0.3)):
            if generator.random() < chance:
                time += int(generator.integers(2_000_000))
                lines.append(f"{time},{visitor},{event},{item}")
    path = tmp_path_factory.mktemp("log") / "events.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def chosen(path: Path) -> list[str]:
    return [
        *("dataset=csv", f"dataset.path={path}", "dataset.time_unit=ms"),
        *("dataset.behaviors={addtocart: 4, transaction: 8}", "dataset.targets=[transaction]"),
    ]


def test_data_shows_behaviours_before_and_after(
    lrec: CommandLine, log_file: Path, tmp_path: Path
) -> None:
    answer = lrec(tmp_path, "data", *chosen(log_file))
    assert (answer.rc, answer.err) == (0, "")
    table = [line.split() for line in answer.out.splitlines()]
    found = Counter(line.split(",")[2] for line in log_file.read_text().splitlines()[1:])
    pairs = {
        event: {
            (user, item)
            for _, user, name, item in (
                line.split(",") for line in log_file.read_text().splitlines()[1:]
            )
            if name == event
        }
        for event in found
    }
    bought = len(pairs["transaction"])
    carted = len(pairs["addtocart"] - pairs["transaction"])
    assert ["view", "0", "no", str(found["view"]), "0"] in table
    assert ["addtocart", "4", "no", str(found["addtocart"]), str(carted)] in table
    assert ["transaction", "8", "yes", str(found["transaction"]), str(bought)] in table
    (step,) = (row for row in table if row[:2] == ["behaviour", "view"])
    assert step[2] == str(found["view"])


@pytest.mark.slow
def test_training_logs_weights_and_says_who_ignores_them(
    lrec: CommandLine, log_file: Path, tmp_path: Path
) -> None:
    settings = [*chosen(log_file), "model=popularity", "metric=[ndcg]", "tracking.log_model=false"]
    answer = lrec(tmp_path, "train", *settings)
    assert (answer.rc, answer.err) == (0, ""), answer
    assert "note: model=popularity ignores the weights of behaviours" in answer.out
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    run = mlflow.search_runs(search_all_experiments=True).iloc[0]
    assert run["params.dataset.behaviors.transaction"] == "8"
    assert run["params.dataset.targets"] == "['transaction']"
    assert run["metrics.data/interactions_not_asked"] > 0
