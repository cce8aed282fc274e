"""The generated world: reproducible, like real data, and as its truth says."""

from __future__ import annotations

import numpy as np
import pytest

from lrec.data.dataset.synthetic import Synthetic
from lrec.data.interactions import Interactions
from lrec.data.split.global_time import GlobalTime


def generated(**options: float) -> Interactions:
    return Synthetic(**{"n_users": 300, "n_items": 400, **options}).load()


def content(data: Interactions) -> list[bytes]:
    arrays = (data.user, data.item, data.rating, data.timestamp, data.user_ids, data.item_ids)
    return [array.tobytes() for array in (*arrays, data.features.genres.toarray())]


def test_same_seed_same_bytes() -> None:
    assert content(generated()) == content(generated())
    assert generated().digest == generated().digest


@pytest.mark.parametrize("options", [{"seed": 43}, {"drift": 0.9}, {"noise": 2.0}])
def test_another_seed_or_setting_is_another_world(options: dict[str, float]) -> None:
    assert content(generated(**options)) != content(generated())
    assert generated(**options).digest != generated().digest


@pytest.fixture(scope="module")
def world() -> Interactions:
    """The data set that lrec ships."""
    return Synthetic().load()


@pytest.mark.parametrize(
    ("share", "real"),
    [(0.25, 1), (0.5, 2), (0.75, 5), (0.8, 6), (0.9, 11), (0.95, 18), (0.99, 39)],
)
def test_activity_resembles_real_data(world: Interactions, share: float, real: int) -> None:
    quantile = np.quantile(world.activity, share, method="inverted_cdf")
    assert abs(quantile - real) <= max(1, 0.15 * real)


def test_popularity_resembles_real_data(world: Interactions) -> None:
    counts = np.sort(world.popularity)
    n = len(counts)
    lorenz = np.cumsum(counts) / counts.sum()
    gini = 1 - (2 * lorenz.sum() - 1) / n
    assert abs(gini - 0.746) <= 0.03


def test_the_world_is_well_formed(world: Interactions) -> None:
    pairs = set(zip(world.user.tolist(), world.item.tolist(), strict=True))
    assert len(pairs) == len(world), "a user takes an item twice"
    assert world.popularity.min() >= 1
    assert set(np.unique(world.rating)) <= set(range(1, 11))
    assert (np.diff(world.timestamp) >= 0).all()
    assert (world.features.genres.sum(axis=1) >= 1).all()
    assert len(world.features.genre_names) == world.features.genres.shape[1]


def test_preferences_are_chances(world: Interactions) -> None:
    rows = np.arange(0, len(world), len(world) // 500)
    chances = world.truth.preference(world.user[rows], world.timestamp[rows])
    assert chances.shape == (len(rows), world.n_items)
    assert chances.min() >= 0
    # Items without interactions are left out, with their small probabilities.
    assert chances.sum(axis=1).max() <= 1 + 1e-5
    assert chances.sum(axis=1).mean() > 0.85
    assert (chances[np.arange(len(rows)), world.item[rows]] > 0).all()


def test_true_ratings_explain_the_given_ones(world: Interactions) -> None:
    truth = world.truth.rating(world.user, world.item, world.timestamp)
    assert truth.min() >= 1
    assert truth.max() <= 10
    # What is left is the noise of 1.3 points, rounded and clipped.
    assert 1.1 < np.std(world.rating - truth) < 1.4
    assert np.corrcoef(world.rating, truth)[0, 1] > 0.7


def test_truth_follows_the_items() -> None:
    data = generated()
    split = GlobalTime()(data)
    code = {name: index for index, name in enumerate(data.item_ids.tolist())}
    before = np.array([code[name] for name in split.catalogue.ids.tolist()])
    assert before.tolist() != list(range(data.n_items))
    users, times = data.user[::9], data.timestamp[::9]
    expected = data.truth.preference(users, times)[:, before]
    np.testing.assert_allclose(split.truth.preference(users, times), expected, atol=1e-7)
    items = np.arange(len(users)) % data.n_items
    received = split.truth.rating(users, items, times)
    np.testing.assert_allclose(received, data.truth.rating(users, before[items], times), atol=1e-5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n_items", [10, 40])
def test_first_choices_follow_the_truth(n_items: int) -> None:
    # One visit a user: nothing is drawn again. So few items leave some genres without any.
    data = generated(n_users=4000, n_items=n_items, activity_median=0.5, activity_sigma=0)
    assert data.activity.tolist() == [1] * 4000
    chances = data.truth.preference(data.user, data.timestamp)
    chances /= chances.sum(axis=1, keepdims=True)
    expected = chances.sum(axis=0)
    deviation = np.sqrt((chances * (1 - chances)).sum(axis=0)) + 1
    assert (np.abs(data.popularity - expected) < 5 * deviation).all()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("n_users", 0),
        ("n_items", -1),
        ("activity_median", 0),
        ("activity_sigma", -1),
        ("taste_concentration", 0),
        ("popularity_exponent", -0.1),
        ("noise", -1),
        ("days", 0),
        ("drift", 1.5),
    ],
)
def test_impossible_worlds_are_refused(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{option} .*Received: {value}"):
        Synthetic(**{option: value})
