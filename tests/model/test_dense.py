"""The dense network: many chunks of a catalogue, its two forms, and its two kinds of examples."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.baskets import BASKETS, split_of

from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model.common.protocols import StatelessCallback
from lrec.model.dense import CHUNK, Dense
from lrec.model.layers import dense_form
from lrec.model.layers.rated_pooling import SHRINK
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy.cpu import CPU

SMALL: dict[str, Any] = {"embedding_size": 4, "hidden_sizes": (6, 5), "dropout": 0.0}


class Collector(StatelessCallback):
    wants_steps = False

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        self.losses.append(loss)
        return float(epoch)


def rated(missing: int = 0) -> Split:
    """A split with ratings, of which some are missing."""
    split = split_of(BASKETS)
    draw = np.random.default_rng(4)
    rating = draw.integers(1, 6, len(split.train.item)).astype(np.float32)
    rating[draw.permutation(len(rating))[:missing]] = np.nan
    return replace(split, train=replace(split.train, rating=rating))


def prepared(split: Split, **settings: Any) -> tuple[Dense, int]:
    """A fresh network whose weights are not at their start, and its number of examples."""
    model = Dense(**SMALL, **settings)
    keras.utils.set_random_seed(3)
    model._build(split.catalogue)
    n = model.prepare(split)
    draw = np.random.default_rng(2)
    for weight in model._weights():
        if weight.trainable:
            weight.assign(draw.normal(0, 0.4, weight.shape))
    return model, n


def all_losses(model: Dense, n: int) -> np.ndarray:
    return np.asarray(model.losses(tf.range(n, dtype=tf.int64), tf.constant(0.0)))


def gradients(model: Dense, n: int) -> list[np.ndarray]:
    """Of the mean loss of all examples, by every weight."""
    weights = [weight.value for weight in model._weights() if weight.trainable]
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model.losses(tf.range(n, dtype=tf.int64), tf.constant(0.0)))
    return [np.asarray(tf.convert_to_tensor(g)) for g in tape.gradient(loss, weights)]


def test_building_does_not_go_through_the_catalogue_chunk_by_chunk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []
    join = Dense._join

    def counted(self: Dense, *arguments: Any) -> Any:
        calls.append(arguments)
        return join(self, *arguments)

    monkeypatch.setattr(Dense, "_join", counted)
    keras.utils.set_random_seed(1)
    n_items = 10 * CHUNK + 3
    model = Dense(objective="ranking", embedding_size=8, hidden_sizes=(32, 16))
    model._build(split_of([[0, n_items - 1], [1]]).catalogue)
    assert 1 <= len(calls) <= 4
    scores = model.score(Histories.of([[0, 5]]))
    assert scores.shape == (1, n_items)
    assert len(np.unique(scores)) > n_items // 2


def test_a_product_is_what_plain_python_makes_of_it() -> None:
    model, _ = prepared(rated(), interaction="product")
    weights = {weight.path: np.asarray(weight).tolist() for weight in model._weights()}
    embedding, bias, expected, kernel, offset, item_kernel, *last = weights.values()
    deep, deep_bias, out, out_bias = last
    items, ratings = [2, 0, 4], [5.0, 1.0, 3.0]

    def linear(x: list[float], kernel: Any, bias: list[float]) -> list[float]:
        columns = zip(*kernel, strict=True)
        return [
            sum(map(math.prod, zip(x, c, strict=True))) + b
            for c, b in zip(columns, bias, strict=True)
        ]

    rest = [r - expected[i][0] for i, r in zip(items, ratings, strict=True)]
    plain = [sum(embedding[i][d] for i in items) / 2 for d in range(4)]
    liked = [
        sum(r * embedding[i][d] for i, r in zip(items, rest, strict=True)) / 2 for d in range(4)
    ]
    base = sum(rest) / (3 + SHRINK)
    spread = math.sqrt(sum(r * r for r in rest) / (3 + SHRINK))
    x = linear([*plain, *liked, math.log(4), base, spread], kernel, offset)
    x = linear([max(v, 0) for v in x], deep, deep_bias)
    user = linear([max(v, 0) for v in x], out, out_bias)
    no_bias = [0.0] * 4
    score = [
        expected[i][0]
        + base
        + bias[i][0]
        + sum(map(math.prod, zip(user, linear(embedding[i], item_kernel, no_bias), strict=True)))
        for i in range(len(embedding))
    ]
    history = Histories.of([items], [ratings])
    np.testing.assert_allclose(model.score(history)[0], score, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("objective", ["rating", "ranking"])
def test_a_product_has_vectors_whose_products_are_the_scores(objective: Any) -> None:
    split = rated()
    model, _ = prepared(split, objective=objective, interaction="product")
    vectors = model.factorised_scores()
    assert model.scores_are_products
    assert vectors is not None
    scores = model.score(split.train)
    assert len(np.unique(scores.round(4))) > 30
    np.testing.assert_allclose(vectors.queries(split.train) @ vectors.items.T, scores, atol=1e-5)
    joint, _ = prepared(split, objective=objective)
    assert not joint.scores_are_products
    assert joint.factorised_scores() is None


def test_a_product_corrects_ratings_from_nothing() -> None:
    split = rated()
    model = Dense(**SMALL, interaction="product")
    model._build(split.catalogue)
    assert not model.score(Histories.of([[0, 1]])).any()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("missing", [0, 6])
@pytest.mark.parametrize("interaction", ["joint", "product"])
def test_losses_of_users_are_those_of_their_interactions(
    interaction: Any, missing: int, weighted: bool
) -> None:
    split = rated(missing)
    if weighted:
        weight = np.random.default_rng(6).choice([0.5, 1, 3], len(split.train.item))
        split = replace(split, train=replace(split.train, weight=weight.astype(np.float32)))
    one, n = prepared(split, interaction=interaction, examples="interactions")
    other, n_users = prepared(split, interaction=interaction, examples="users")
    assert (n, n_users) == (len(split.train.item) - missing, len(BASKETS))
    losses, of_users = all_losses(one, n), all_losses(other, n_users)
    row = split.train.row[~np.isnan(split.train.rating)]
    expected = np.bincount(row, losses, n_users) * n_users / n
    np.testing.assert_allclose(of_users, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(of_users.mean(), losses.mean(), rtol=1e-5)
    for a, b in zip(gradients(one, n), gradients(other, n_users), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


def test_the_joint_and_the_projected_layer_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interactions of a product go through the projection that users do: against plain pooling."""
    model, n = prepared(rated(3), interaction="product")
    projected = all_losses(model, n)
    monkeypatch.setattr(Dense, "_projected_pairs", Dense._pairs)
    np.testing.assert_allclose(projected, all_losses(model, n), rtol=1e-5, atol=1e-5)


def test_users_learn_to_rank_by_products() -> None:
    split = split_of(BASKETS)
    model, n = prepared(split, objective="ranking", examples="users", negatives=8)
    assert (model.form.is_product, n) == (True, len(BASKETS))
    monitored, pairs = prepared(split, objective="ranking", interaction="product", negatives=8)
    losses, of_users = all_losses(monitored, pairs), all_losses(model, n)
    np.testing.assert_allclose(of_users.mean(), losses.mean(), rtol=1e-5)
    with pytest.raises(ValueError, match=r"interaction=product.*Received: interaction=joint"):
        Dense(objective="ranking", interaction="joint", examples="users")


@pytest.mark.parametrize(
    ("settings", "pairs", "interactions", "form", "said"),
    [
        ({}, 48, 23, (False, False), ""),
        ({}, 47, 23, (True, False), "model.interaction=product"),
        ({}, 48, 22, (False, True), "model.examples=users"),
        ({"objective": "ranking"}, 48, 22, (True, True), "model.interaction=product"),
        ({"objective": "ranking", "interaction": "joint"}, 0, 0, (False, False), ""),
        ({"interaction": "joint", "examples": "interactions"}, 0, 0, (False, False), ""),
        ({"interaction": "product", "examples": "users"}, 48, 23, (True, True), ""),
    ],
)
def test_the_form_follows_the_size_of_the_data(
    settings: dict[str, Any],
    pairs: int,
    interactions: int,
    form: tuple[bool, bool],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    recwarn: pytest.WarningsRecorder,
) -> None:
    split = rated()
    assert (len(BASKETS) * split.catalogue.n_items, len(split.train.item)) == (48, 23)
    monkeypatch.setattr(dense_form, "MANY_PAIRS", pairs)
    monkeypatch.setattr(dense_form, "MANY_INTERACTIONS", interactions)
    model, _ = prepared(split, **settings)
    assert (model.form.is_product, model.form.by_user) == form
    lines = [str(warning.message) for warning in recwarn if "model." in str(warning.message)]
    assert bool(lines) == bool(said)
    assert said in " ".join(lines)


@pytest.mark.parametrize("settings", [{}, {"interaction": "product"}])
def test_weights_keep_their_form_where_the_catalogue_has_grown(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    split = rated()
    model, _ = prepared(split, **settings)
    monkeypatch.setattr(dense_form, "MANY_PAIRS", 10**9 if settings else 0)
    again = Dense(**SMALL)
    again.restore(model.state(), split.catalogue)
    assert again.form.is_product == bool(settings)
    np.testing.assert_array_equal(again.score(split.train), model.score(split.train))


@pytest.mark.parametrize("settings", [{"interaction": "product"}, {"examples": "users"}])
def test_training_by_users_and_of_products_learns(settings: dict[str, Any]) -> None:
    split = rated(2)
    model = Dense(**SMALL, regularisation=0.0, **settings)
    strategy = CPU()
    strategy.start()
    collector = Collector()
    schedule = Trainer(epochs=60, batch_size=4, learning_rate=0.03, evaluate_steps=1, patience=None)
    model.fit(split, schedule, strategy, 1, collector)
    assert collector.losses[-1] < 0.7 * collector.losses[0]
