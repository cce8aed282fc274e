"""Chances of items that nobody had before, against the formulas in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import ItemFeatures
from lrec.model.content.first_choice import FirstChoice, unit_vectors

POPULARITY = [4, 2, 1, 1, 0, 0]
VECTORS = [[1.0, 0.0], [1.0, 1.0], [0.0, 2.0], [3.0, 1.0], [0.0, 5.0], [2.0, 0.1]]


def catalogue(popularity: list[int], vectors: np.ndarray) -> Catalogue:
    ids = np.array([f"i{code}" for code in range(len(popularity))])
    counts = np.array(popularity)
    features = ItemFeatures(vectors=vectors.astype(np.float32))
    return Catalogue(ids, counts, counts, n_users=4, features=features, all_items=True)


def test_probabilities_are_those_of_the_formula() -> None:
    choice = FirstChoice(np.array([-1.0, -0.5, 0.2]), temperature=0.5, share=0.1)
    items = catalogue(POPULARITY, np.array(VECTORS))
    histories = [[0, 2], [1], [3, 0, 2]]
    found = choice.log_probabilities(
        Histories.of(histories), items, unit_vectors(items, np.array([4, 5]))
    )
    for row, history in zip(found, histories, strict=True):
        mean_log = sum(math.log(POPULARITY[i]) for i in history) / len(history)
        odds = math.exp(-1 - 0.5 * mean_log + 0.2 * math.log(len(history)))
        unit = {i: np.array(VECTORS[i]) / np.linalg.norm(VECTORS[i]) for i in range(6)}
        profile = sum(unit[i] / math.sqrt(POPULARITY[i]) for i in history)
        profile = profile / np.linalg.norm(profile)
        weights = [math.exp(float(profile @ unit[j]) / 0.5) for j in (4, 5)]
        expected = [odds / (1 + odds) * weight / sum(weights) for weight in weights]
        np.testing.assert_allclose(np.exp(row), expected, rtol=1e-6)


def test_empty_histories_have_finite_chances() -> None:
    choice = FirstChoice(np.array([-1.0, -0.5, 0.2]), temperature=0.5, share=0.1)
    items = catalogue(POPULARITY, np.array(VECTORS))
    found = choice.log_probabilities(
        Histories.of([[], [4]]), items, unit_vectors(items, np.array([4, 5]))
    )
    assert np.isfinite(found).all()
    assert found[0, 0] == found[0, 1]  # nothing is known of the content


@pytest.fixture(scope="module")
def world() -> tuple[Histories, Catalogue]:
    """Half of the users have popular items and a popular newest one; the others rare ones, and a
    newest item that nobody else has, of the content of the rest."""
    draw = np.random.default_rng(0)
    rows = [draw.choice(10, 5, replace=False).tolist() for _ in range(100)]
    groups = [[10 + 10 * kind + n for n in range(10)] for kind in (0, 1)]
    for user in range(100):
        rows.append([*draw.choice(groups[user % 2], 3, replace=False).tolist(), 30 + user])
    kind = np.array([0] * 10 + [1] * 10 + [2] * 10 + [1 + user % 2 for user in range(100)])
    vectors = np.eye(3)[kind] + 0.1 * draw.normal(size=(130, 3))
    popularity = np.bincount(np.concatenate(rows), minlength=130)
    return Histories.of(rows), catalogue(popularity.tolist(), vectors)


def test_users_of_rare_items_are_the_likelier_to_take_a_new_one(
    world: tuple[Histories, Catalogue],
) -> None:
    histories, items = world
    choice = FirstChoice.fit(histories, items)
    assert choice.share == pytest.approx(0.5, abs=0.01)
    wanted = unit_vectors(items, np.array([30, 31]))
    chances = np.exp(
        choice.log_probabilities(Histories.of([[0, 1], [10, 11], [20, 21]]), items, wanted)
    )
    assert chances[0].sum() < 0.2
    assert chances[1, 0] > 4 * chances[1, 1]
    assert chances[2, 1] > 4 * chances[2, 0]
    assert chances[1:].sum(axis=1).min() > 0.7


def test_without_a_new_choice_there_is_a_small_chance() -> None:
    items = catalogue([3, 3, 3, 0], np.eye(4))
    choice = FirstChoice.fit(Histories.of([[0, 1, 2], [2, 0, 1], [1, 2, 0]]), items)
    assert 0 < choice.share < 0.3
    assert np.isfinite(choice.regression).all()
