"""Weights of training interactions, as models fit them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers.baskets import BASKETS, fitted, keep_best, split_of
from helpers.composing import checked, composed

from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model.ease import EASE
from lrec.model.graph_filter import GraphFilter
from lrec.model.ials import IALS
from lrec.model.itemknn import ItemKNN
from lrec.model.layers.multinomial import multinomial_loss
from lrec.model.popularity import Popularity
from lrec.model.rp3beta import RP3Beta
from lrec.model.sparse_ease import SparseEASE

pytestmark = pytest.mark.usefixtures("eagerly")


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


@pytest.mark.parametrize(
    "model", [ItemKNN(), RP3Beta(), EASE(), SparseEASE(), GraphFilter(), IALS(4, 2)]
)
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
    "simplex": ["model.embedding_size=8"],
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
